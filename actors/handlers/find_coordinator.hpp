// FindCoordinator (key 10): where the coordinator of a group is.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_find_coordinator(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
