// ListGroups (key 16): every group that this broker coordinates.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_list_groups(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
