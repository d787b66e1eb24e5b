#include "actors/handlers/create_partitions.hpp"

#include "actors/handlers/admin_access.hpp"

namespace ottla {

void handle_create_partitions(session_context& session, request incoming, reply_slot reply) {
  auto decoded =
      decode<create_partitions_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto failed = [topics = decoded->topics](error_code code) {
    create_partitions_response response;
    for (const auto& topic : topics) {
      response.results.push_back({topic.name, code, std::string{error_text(code)}});
    }
    return response;
  };
  ask_controller(session, std::move(*decoded), caller_of(session, incoming), std::move(reply),
                 failed, [](create_partitions_response&) {});
}

}  // namespace ottla
