// What brokers tell and ask the controller: the ProposeIsrs, ReportBroker and ReserveProducerIds
// APIs. Who asks is who the connection has proved to be.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_propose_isrs(session_context& session, request incoming, reply_slot reply);
void handle_report_broker(session_context& session, request incoming, reply_slot reply);
void handle_reserve_producer_ids(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
