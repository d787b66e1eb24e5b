#include "actors/handlers/create_topics.hpp"

#include "actors/handlers/admin_access.hpp"

namespace ottla {

void handle_create_topics(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<create_topics_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto failed = [topics = decoded->topics](error_code code) {
    create_topics_response response;
    for (const auto& topic : topics) {
      response.topics.push_back(
          {.name = topic.name, .error_code = code, .error_message = std::string{error_text(code)}});
    }
    return response;
  };
  ask_controller(session, std::move(*decoded), caller_of(session, incoming), std::move(reply),
                 failed, [](create_topics_response&) {});
}

}  // namespace ottla
