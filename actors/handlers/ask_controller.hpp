// The AskController API: an admin request that came to another broker.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_ask_controller(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
