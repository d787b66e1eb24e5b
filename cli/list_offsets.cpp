#include "cli/list_offsets.hpp"

#include <fmt/format.h>

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

fault nobody_leads(const topic_partition& which) {
  return {error_code::leader_not_available,
          fmt::format("{} has no leader at the moment; `ottla why {}/{}` says what it waits for",
                      to_string(which), which.topic, which.partition)};
}

}  // namespace

bool is_any(const led_partition&) {
  return true;
}

bool has_leader(const led_partition& partition) {
  return partition.leader != no_broker;
}

outcome<partition_offsets> offsets_at(admin_client& client, const std::vector<std::string>& topics,
                                      timestamp_ms when, const partition_filter& filter) {
  return client.retry([&]() -> outcome<partition_offsets> {
    auto partitions = client.partitions(topics);
    if (!partitions) return std::move(partitions.error());
    std::erase_if(*partitions, [&](const led_partition& each) { return !filter(each); });
    auto leaderless = std::ranges::find(*partitions, no_broker, &led_partition::leader);
    if (leaderless != partitions->end()) return nobody_leads(leaderless->which);
    partition_offsets offsets;
    for (const auto& [leader, request] :
         requests_by_leader(*partitions, when, client.timeout_ms())) {
      auto answer = client.call_broker(leader, request);
      if (!answer) return std::move(answer.error());
      OTTLA_TRY(collect(*answer, offsets));
    }
    return offsets;
  });
}

outcome<partition_ranges> ranges_of(admin_client& client, const std::vector<std::string>& topics,
                                    const partition_filter& filter) {
  auto first = offsets_at(client, topics, earliest_timestamp, filter);
  if (!first) return std::move(first.error());
  auto end = offsets_at(client, topics, latest_timestamp, filter);
  if (!end) return std::move(end.error());
  partition_ranges ranges;
  for (const auto& [which, offset] : *first) {
    auto last = end->find(which);
    if (last != end->end()) ranges[which] = {offset, last->second};
  }
  return ranges;
}

}  // namespace ottla
