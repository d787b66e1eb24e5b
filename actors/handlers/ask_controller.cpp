#include "actors/handlers/ask_controller.hpp"

#include <utility>

#include "actors/handlers/admin_access.hpp"
#include "protocol/messages/ask_controller.hpp"

namespace ottla {
namespace {

caller_context caller_in(const ask_controller_request& asked) {
  return {.principal = asked.principal,
          .client_id = asked.client_id,
          .client_address = asked.client_address,
          .listener = asked.listener,
          .version = asked.client_version};
}

template <class Request>
void pass_on(session_context& session, ask_controller_request asked, reply_slot reply) {
  using response = typename Request::response;
  auto wanted = decode<Request>(std::move(asked.body), asked.body_version);
  if (!wanted) return reply.close_connection(wanted.error().message);
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  const auto* images = session.services().metadata;
  session.self()
      .request(session.services().own_controller, caf::infinite,
               admin_command<Request>{std::move(*wanted), caller_in(asked)})
      .then(
          [=, version = asked.body_version](const response& answer) {
            wire_writer body;
            encode(body, answer, version);
            // The controller answers when the image here has it.
            slot->send(ask_controller_response{.sequence = images->get()->sequence(),
                                               .body = body.finish_flat()});
          },
          [slot](const caf::error& why) {
            slot->send(ask_controller_response{.error_code = failure_of(why)});
          });
}

}  // namespace

void handle_ask_controller(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<ask_controller_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto asked = std::move(*decoded);
  switch (static_cast<api_key>(asked.api_asked)) {
    case api_key::create_topics:
      return pass_on<create_topics_request>(session, std::move(asked), std::move(reply));
    case api_key::delete_topics:
      return pass_on<delete_topics_request>(session, std::move(asked), std::move(reply));
    case api_key::create_partitions:
      return pass_on<create_partitions_request>(session, std::move(asked), std::move(reply));
    case api_key::incremental_alter_configs:
      return pass_on<incremental_alter_configs_request>(session, std::move(asked),
                                                        std::move(reply));
    case api_key::alter_configs:
      return pass_on<alter_configs_request>(session, std::move(asked), std::move(reply));
    case api_key::alter_partition_reassignments:
      return pass_on<alter_partition_reassignments_request>(session, std::move(asked),
                                                            std::move(reply));
    case api_key::elect_leaders:
      return pass_on<elect_leaders_request>(session, std::move(asked), std::move(reply));
    default:
      return reply.close_connection("a request for the controller that it does not know");
  }
}

}  // namespace ottla
