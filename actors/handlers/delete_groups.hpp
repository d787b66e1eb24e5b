// DeleteGroups (key 42): empty groups and their offsets go.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_delete_groups(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
