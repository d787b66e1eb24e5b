#include "cli/list_offsets.hpp"

#include <algorithm>

#include "protocol/messages/list_offsets.hpp"

namespace ottla {
namespace {

/// One request per leader.
std::map<broker_id, list_offsets_request> requests_by_leader(
    const std::vector<led_partition>& partitions, timestamp_ms when, int32_t timeout_ms) {
  std::map<broker_id, list_offsets_request> requests;
  for (const auto& [which, leader] : partitions) {
    auto& request = requests[leader];
    request.replica_id = -1;
    request.timeout_ms = timeout_ms;
    auto at = std::ranges::find(request.topics, which.topic,
                                &list_offsets_request::list_offsets_topic::name);
    if (at == request.topics.end()) {
      at = request.topics.insert(at, {.name = which.topic});
    }
    at->partitions.push_back({.partition_index = which.partition, .timestamp = when});
  }
  return requests;
}

outcome<void> collect(const list_offsets_response& answer, partition_offsets& offsets) {
  for (const auto& topic : answer.topics) {
    for (const auto& partition : topic.partitions) {
      topic_partition which{topic.name, partition.partition_index};
      if (partition.error_code != error_code::none) {
        return broker_fault(partition.error_code, "partition " + to_string(which));
      }
      offsets[which] = partition.offset;
    }
  }
  return {};
}

}  // namespace

outcome<partition_offsets> offsets_at(admin_client& client,
                                      const std::vector<led_partition>& partitions,
                                      timestamp_ms when) {
  return client.retry([&]() -> outcome<partition_offsets> {
    partition_offsets offsets;
    for (const auto& [leader, request] :
         requests_by_leader(partitions, when, client.timeout_ms())) {
      if (leader == no_broker) {
        return fault{error_code::leader_not_available, "a partition has no leader at the moment"};
      }
      auto answer = client.call_broker(leader, request);
      if (!answer) return std::move(answer.error());
      OTTLA_TRY(collect(*answer, offsets));
    }
    return offsets;
  });
}

outcome<partition_ranges> ranges_of(admin_client& client, const std::vector<std::string>& topics) {
  auto partitions = client.partitions(topics);
  if (!partitions) return std::move(partitions.error());
  auto first = offsets_at(client, *partitions, earliest_timestamp);
  if (!first) return std::move(first.error());
  auto end = offsets_at(client, *partitions, latest_timestamp);
  if (!end) return std::move(end.error());
  partition_ranges ranges;
  for (const auto& [which, offset] : *first) ranges[which] = {offset, end->at(which)};
  return ranges;
}

}  // namespace ottla
