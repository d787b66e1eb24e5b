#include "cli/move_throttle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/remote_configs.hpp"

namespace ottla {
namespace {

const std::string leaders_key = "leader.replication.throttled.replicas";
const std::string followers_key = "follower.replication.throttled.replicas";
const std::string leader_rate_key = "leader.replication.throttled.rate";
const std::string follower_rate_key = "follower.replication.throttled.rate";

bool contains(const std::vector<broker_id>& ids, broker_id id) {
  return std::ranges::find(ids, id) != ids.end();
}

void add(std::string& list, partition_index partition, broker_id id) {
  if (!list.empty()) list += ',';
  list += fmt::format("{}:{}", partition, id);
}

/// The replicas of one partition that have it, and those that are to copy it.
struct sides {
  std::set<broker_id> leaders, followers;
};

bool is_moving_any(const cluster_state& cluster) {
  return std::ranges::any_of(cluster.topics, [](const topic_state& topic) {
    return std::ranges::any_of(topic.partitions, &partition_state::is_moving);
  });
}

}  // namespace

std::vector<throttled_topic> throttled_topics(const cluster_state& cluster,
                                              const std::vector<replica_move>& moves) {
  std::map<topic_partition, sides> all;
  for (const auto& topic : cluster.topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.adding.empty()) continue;
      auto& both = all[partition.which];
      both.followers.insert(partition.adding.begin(), partition.adding.end());
      for (auto id : partition.replicas) {
        if (!both.followers.contains(id)) both.leaders.insert(id);
      }
    }
  }
  for (const auto& move : moves) {
    auto& both = all[move.which];
    for (auto id : move.after) {
      if (!contains(move.before, id)) both.followers.insert(id);
    }
    for (auto id : move.before) {
      if (!both.followers.contains(id)) both.leaders.insert(id);
    }
  }
  std::vector<throttled_topic> topics;
  for (const auto& [which, both] : all) {
    if (both.followers.empty()) continue;  // only the order changes
    if (topics.empty() || topics.back().name != which.topic) topics.push_back({which.topic, {}, {}});
    for (auto id : both.leaders) add(topics.back().leaders, which.partition, id);
    for (auto id : both.followers) add(topics.back().followers, which.partition, id);
  }
  return topics;
}

outcome<void> set_throttle(admin_client& client, const cluster_state& cluster,
                           const std::vector<throttled_topic>& topics, int64_t bytes_per_second) {
  std::vector<resource_edits> all;
  for (const auto& broker : cluster.brokers) {
    all.push_back({broker_resource,
                   std::to_string(broker.id),
                   {{edit_kind::set, fmt::format("{}={}", leader_rate_key, bytes_per_second)},
                    {edit_kind::set, fmt::format("{}={}", follower_rate_key, bytes_per_second)}}});
  }
  for (const auto& topic : topics) {
    all.push_back({topic_resource,
                   topic.name,
                   {{edit_kind::set, leaders_key + "=" + topic.leaders},
                    {edit_kind::set, followers_key + "=" + topic.followers}}});
  }
  return alter_configs(client, all);
}

outcome<bool> end_throttle(admin_client& client) {
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  if (is_moving_any(*cluster)) return false;
  std::vector<std::string> names;
  for (const auto& topic : cluster->topics) names.push_back(topic.name);
  auto values = describe_topics(client, names, {leaders_key, followers_key});
  if (!values) return std::move(values.error());
  std::vector<resource_edits> edits;
  bool is_for_good = false;
  for (const auto& [topic, set] : *values) {
    resource_edits own{topic_resource, topic, {}};
    for (const auto& [key, value] : set) {
      if (value.empty()) continue;
      is_for_good = is_for_good || value == "*";
      if (value != "*") own.edits.push_back({edit_kind::remove, key});
    }
    if (!own.edits.empty()) edits.push_back(std::move(own));
  }
  if (edits.empty()) return false;
  for (const auto& broker : cluster->brokers) {
    if (is_for_good) break;
    edits.push_back({broker_resource,
                     std::to_string(broker.id),
                     {{edit_kind::remove, leader_rate_key}, {edit_kind::remove, follower_rate_key}}});
  }
  OTTLA_TRY(alter_configs(client, edits));
  return true;
}

int64_t seconds_at(const std::vector<replica_move>& moves, int64_t bytes_per_second) {
  std::map<broker_id, int64_t> sent, taken;
  for (const auto& move : moves) {
    const auto added = std::ranges::count_if(
        move.after, [&](broker_id id) { return !contains(move.before, id); });
    if (added == 0 || move.before.empty()) continue;
    sent[move.before.front()] += move.bytes;
    for (auto id : move.after) {
      if (!contains(move.before, id)) taken[id] += move.bytes / added;
    }
  }
  int64_t most = 0;
  for (const auto* side : {&sent, &taken}) {
    for (const auto& [id, bytes] : *side) most = std::max(most, bytes);
  }
  return (most + bytes_per_second - 1) / bytes_per_second;
}

}  // namespace ottla
