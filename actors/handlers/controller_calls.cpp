#include "actors/handlers/controller_calls.hpp"

#include <caf/send.hpp>

#include "actors/cluster/isr_messages.hpp"
#include "actors/cluster/report_messages.hpp"
#include "actors/handlers/admin_access.hpp"
#include "protocol/messages/report_broker.hpp"
#include "protocol/messages/reserve_producer_ids.hpp"

namespace ottla {

void handle_propose_isrs(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<propose_isrs_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  session.self()
      .request(session.services().own_controller, caf::infinite,
               to_proposals(*decoded, *session.connection().broker))
      .then([slot](const partitions_altered& altered) { slot->send(to_response(altered)); },
            [slot](const caf::error& why) {
              slot->send(propose_isrs_response{.error_code = failure_of(why)});
            });
}

void handle_report_broker(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<report_broker_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  tell(session.services().own_controller, *session.connection().broker, *decoded);
  reply.send(report_broker_response{});
}

void handle_reserve_producer_ids(session_context& session, request incoming, reply_slot reply) {
  auto decoded =
      decode<reserve_producer_ids_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  session.self()
      .request(session.services().own_controller, caf::infinite,
               allocate_producer_ids{session.connection().broker->id})
      .then(
          [slot](const producer_id_block& block) {
            slot->send(reserve_producer_ids_response{block.error, block.first, block.count});
          },
          [slot](const caf::error& why) {
            slot->send(reserve_producer_ids_response{.error_code = failure_of(why)});
          });
}

}  // namespace ottla
