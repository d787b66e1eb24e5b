#include "actors/handlers/heartbeat.hpp"

#include "actors/handlers/group_access.hpp"
#include "protocol/messages/heartbeat.hpp"

namespace ottla {

void handle_heartbeat(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<heartbeat_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto group_id = decoded->group_id;
  forward_to_group<heartbeat_request>(session, group_id, std::move(*decoded), std::move(reply));
}

}  // namespace ottla
