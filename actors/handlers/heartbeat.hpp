// Heartbeat (key 12): a member is alive.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_heartbeat(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
