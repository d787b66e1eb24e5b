#include "actors/handlers/init_producer_id.hpp"

#include "actors/handlers/admin_access.hpp"
#include "protocol/messages/init_producer_id.hpp"

namespace ottla {
namespace {

// A producer that lost its place asks with its old id and epoch. Without a transaction there is
// nothing to fence: it gets a fresh id, as every other idempotent producer.
bool is_half_given(const init_producer_id_request& wanted) {
  return (wanted.producer_id == no_producer_id) != (wanted.producer_epoch == -1);
}

init_producer_id_response refusal(error_code code) {
  return {.error_code = code, .producer_id = no_producer_id, .producer_epoch = -1};
}

}  // namespace

void handle_init_producer_id(session_context& session, request incoming, reply_slot reply) {
  auto decoded =
      decode<init_producer_id_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  // Clients give up at this error and say it; those for a coordinator that is not there they would
  // retry until they time out.
  if (decoded->transactional_id || is_half_given(*decoded)) {
    return reply.send(refusal(error_code::invalid_request));
  }
  auto ids = session.services().ids;
  if (auto id = ids->take()) return reply.send(init_producer_id_response{.producer_id = *id});
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  session.self()
      .request(session.services().controller, caf::infinite, allocate_producer_ids{})
      .then(
          [slot, ids](const producer_id_block& block) {
            ids->add(block);
            auto id = ids->take();
            slot->send(id ? init_producer_id_response{.producer_id = *id}
                          : refusal(error_code::coordinator_load_in_progress));
          },
          [slot](const caf::error&) {
            slot->send(refusal(error_code::coordinator_load_in_progress));
          });
}

}  // namespace ottla
