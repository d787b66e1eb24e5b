// SyncGroup (key 14): the assignment of a generation.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_sync_group(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
