// Produce (key 0): one message per partition, one answer when all have answered.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_produce(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
