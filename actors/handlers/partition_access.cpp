#include "actors/handlers/partition_access.hpp"

#include <utility>

namespace ottla {

resolved_partition resolve(const metadata_image& image, const named_partition& named) {
  const bool by_id = named.by_id;
  auto topic = by_id ? image.find_topic(named.topic_id) : image.find_topic(named.topic);
  if (!topic) {
    return {by_id ? error_code::unknown_topic_id : error_code::unknown_topic_or_partition, {}, {}};
  }
  if (topic->find_partition(named.partition) == nullptr) {
    return {error_code::unknown_topic_or_partition, {}, {}};
  }
  return {error_code::none, {topic->id(), named.partition}, std::move(topic)};
}

void reach_partition(session_context& session, const topic_id_partition& which,
                     std::function<void(const partition_handle&, error_code)> reached) {
  session.self()
      .request(session.services().supervisor, caf::infinite, find_partition{which})
      .then(
          [reached](const partition_found& found) {
            auto error = found.error;
            if (!found.handle && error == error_code::none)
              error = error_code::not_leader_or_follower;
            reached(found.handle, error);
          },
          [reached](const caf::error&) { reached({}, error_code::not_leader_or_follower); });
}

const broker_endpoint* endpoint_for(const session_context& session, const metadata_image& image,
                                    broker_id leader) {
  const auto* broker = image.find_broker(leader);
  return broker == nullptr ? nullptr : broker->endpoint(session.connection().listener);
}

}  // namespace ottla
