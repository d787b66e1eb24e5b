#include "actors/handlers/elect_leaders.hpp"

#include "actors/handlers/admin_access.hpp"

namespace ottla {

void handle_elect_leaders(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<elect_leaders_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  // Version 0 has no election type: it elects preferred leaders.
  auto failed = [topics = decoded->topic_partitions](error_code code) {
    elect_leaders_response response{.error_code = code};
    if (!topics) return response;
    for (const auto& topic : *topics) {
      auto& results = response.replica_election_results.emplace_back();
      results.topic = topic.topic;
      for (auto index : topic.partitions) {
        results.partition_result.push_back({index, code, std::string{error_text(code)}});
      }
    }
    return response;
  };
  ask_controller(session, std::move(*decoded), caller_of(session, incoming), std::move(reply),
                 failed, [](elect_leaders_response&) {});
}

}  // namespace ottla
