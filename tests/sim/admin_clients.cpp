#include "tests/sim/admin_clients.hpp"

#include <algorithm>

#include "protocol/messages/alter_partition_reassignments.hpp"
#include "protocol/messages/create_topics.hpp"

namespace ottla::sim {

// --- topics ---

bool topic_maker::send_next() {
  if (is_done() || in_flight() > 0) return false;
  create_topics_request request;
  request.timeout_ms = 1000;
  auto& topic = request.topics.emplace_back();
  topic.name = plan_.name;
  topic.num_partitions = plan_.partitions;
  topic.replication_factor = plan_.replication_factor;
  topic.configs = {{"internal.segment.bytes", std::to_string(plan_.segment_bytes)},
                   {"retention.ms", "-1"},
                   {"index.interval.bytes", "256"}};
  for (const auto& [key, value] : plan_.configs) topic.configs.push_back({key, value});
  send(request, 5);
  return true;
}

void topic_maker::answered(api_key, uint64_t, wire_reader& body, api_version version) {
  auto response = decode<create_topics_response>(body, version);
  if (!response || response->topics.size() != 1) return;
  const auto error = response->topics.front().error_code;
  if (error == error_code::none || error == error_code::topic_already_exists) {
    world_.topics_made.insert(plan_.name);
    return;
  }
  const bool needs_more = error == error_code::invalid_replication_factor && world_.has_replicas;
  if (!is_retriable(error) && !needs_more) unexpected("CreateTopics", error);
  pause_ms(50);
}

// --- moves ---

std::vector<int32_t> mover::any_brokers(uint64_t fewest) {
  std::vector<int32_t> all;
  for (int32_t id = 1; id <= brokers_; ++id) all.push_back(id);
  for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[world_.random.below(i)]);
  all.resize(fewest + world_.random.below(all.size() - fewest + 1));
  return all;
}

bool mover::send_next() {
  if (has_stopped_ || in_flight() > 0) return false;
  const auto& what = goals_[world_.random.below(goals_.size())];
  alter_partition_reassignments_request request;
  request.timeout_ms = 1000;
  auto& wanted = request.topics.emplace_back(what.topic).partitions.emplace_back();
  wanted.partition_index =
      static_cast<int32_t>(world_.random.below(static_cast<uint64_t>(what.partitions)));
  const bool cancels = world_.random.below(4) == 0;
  if (!cancels) wanted.replicas = any_brokers(what.fewest);
  send(request, 1, cancels ? 1 : 0);
  pause_ms(2000);
  return true;
}

void mover::answered(api_key, uint64_t cancels, wire_reader& body, api_version version) {
  auto response = decode<alter_partition_reassignments_response>(body, version);
  if (!response) return;
  auto error = response->error_code;
  if (error == error_code::none) error = response->responses.at(0).partitions.at(0).error_code;
  switch (error) {
    case error_code::none:
      ++(cancels == 1 ? cancelled_ : moves_);
      return;
    case error_code::no_reassignment_in_progress:
    case error_code::invalid_replica_assignment:  // of a broker that is away, or nobody else is in
                                                  // sync
    case error_code::unknown_topic_or_partition:  // not made yet
      return;
    default:
      if (!is_retriable(error)) unexpected("AlterPartitionReassignments", error);
  }
}

}  // namespace ottla::sim
