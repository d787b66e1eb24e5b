// ElectLeaders: gives leadership back to preferred replicas, or to whoever lives, on request.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_elect_leaders(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
