#include "actors/handlers/join_group.hpp"

#include "actors/handlers/group_access.hpp"
#include "protocol/messages/join_group.hpp"

namespace ottla {

void handle_join_group(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<join_group_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto group_id = decoded->group_id;
  // The host has a slash before it, as Java prints an address.
  group_client client{incoming.header.client_id.value_or(""), "/" + session.connection().peer.host,
                      version};
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  ask_coordinator<join_group_response>(
      session, group_id, join_group_call{*decoded, std::move(client)},
      [slot](const join_group_response& answer) { slot->send(answer); },
      [slot, member_id = decoded->member_id](error_code error) {
        join_group_response refused;
        refused.error_code = error;
        refused.member_id = member_id;
        slot->send(refused);
      });
}

}  // namespace ottla
