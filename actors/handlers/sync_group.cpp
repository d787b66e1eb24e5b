#include "actors/handlers/sync_group.hpp"

#include "actors/handlers/group_access.hpp"
#include "protocol/messages/sync_group.hpp"

namespace ottla {

namespace {

constexpr api_version first_with_protocol_names = 5;  // KIP-559

}  // namespace

void handle_sync_group(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<sync_group_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  if (version >= first_with_protocol_names &&
      (!decoded->protocol_type || !decoded->protocol_name)) {
    sync_group_response refused;
    refused.error_code = error_code::inconsistent_group_protocol;
    return reply.send(refused);
  }
  const auto group_id = decoded->group_id;
  forward_to_group<sync_group_request>(session, group_id, std::move(*decoded), std::move(reply));
}

}  // namespace ottla
