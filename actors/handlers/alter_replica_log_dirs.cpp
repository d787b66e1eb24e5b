#include "actors/handlers/alter_replica_log_dirs.hpp"

#include <map>
#include <memory>

#include "protocol/messages/alter_replica_log_dirs.hpp"

namespace ottla {
namespace {

/// Collects the supervisor's answers; the last holder to go sends them.
class collector {
public:
  explicit collector(reply_slot reply) : reply_(std::move(reply)) {}
  collector(const collector&) = delete;
  collector& operator=(const collector&) = delete;
  ~collector() {
    if (!reply_.is_open()) return;
    alter_replica_log_dirs_response response;
    for (auto& [topic, errors] : topics_) {
      auto& result = response.results.emplace_back();
      result.topic_name = topic;
      for (const auto& [index, error] : errors) result.partitions.push_back({index, error});
    }
    reply_.send(response);
  }
  void add(const topic_partition& which, error_code error) {
    topics_[which.topic][which.partition] = error;
  }

private:
  reply_slot reply_;
  std::map<std::string, std::map<int32_t, error_code>> topics_;
};

}  // namespace

void handle_alter_replica_log_dirs(session_context& session, request incoming, reply_slot reply) {
  auto decoded =
      decode<alter_replica_log_dirs_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto answers = std::make_shared<collector>(std::move(reply));
  for (const auto& directory : decoded->dirs) {
    for (const auto& topic : directory.topics) {
      for (auto index : topic.partitions) {
        const topic_partition which{topic.name, index};
        session.self()
            .request(session.services().supervisor, caf::infinite,
                     move_replica{which, directory.path})
            .then(
                [=](const replica_move_begun& begun) { answers->add(which, begun.error); },
                [=](const caf::error&) { answers->add(which, error_code::replica_not_available); });
      }
    }
  }
}

}  // namespace ottla
