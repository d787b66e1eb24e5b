// The BrokerHello and BrokerProof APIs.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_broker_hello(session_context& session, request incoming, reply_slot reply);
void handle_broker_proof(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
