// InitProducerId: gives idempotent producers an id; there are no transactions yet.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_init_producer_id(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
