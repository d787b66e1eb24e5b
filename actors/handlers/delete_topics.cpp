#include "actors/handlers/delete_topics.hpp"

#include "actors/handlers/admin_access.hpp"

namespace ottla {

void handle_delete_topics(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<delete_topics_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto failed = [wanted = *decoded](error_code code) {
    delete_topics_response response;
    auto refuse = [&](std::optional<std::string> name, const uuid& id) {
      response.responses.push_back({.name = std::move(name),
                                    .topic_id = id,
                                    .error_code = code,
                                    .error_message = std::string{error_text(code)}});
    };
    for (const auto& topic : wanted.topics) refuse(topic.name, topic.topic_id);
    for (const auto& name : wanted.topic_names) refuse(name, {});
    return response;
  };
  ask_controller(session, std::move(*decoded), caller_of(session, incoming), std::move(reply),
                 failed, [](delete_topics_response&) {});
}

}  // namespace ottla
