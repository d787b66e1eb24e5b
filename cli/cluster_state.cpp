#include "cli/cluster_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "actors/config/config_definition.hpp"
#include "cli/remote_configs.hpp"
#include "protocol/messages/describe_cluster.hpp"
#include "protocol/messages/describe_log_dirs.hpp"
#include "protocol/messages/describe_topic_partitions.hpp"
#include "protocol/messages/list_partition_reassignments.hpp"

namespace ottla {
namespace {

/// With a broker that may have stopped without the cluster knowing yet.
constexpr std::chrono::seconds patience{3};

bool contains(const std::vector<broker_id>& ids, broker_id id) {
  return std::ranges::find(ids, id) != ids.end();
}

partition_state* find_partition(cluster_state& cluster, const topic_partition& which) {
  for (auto& topic : cluster.topics) {
    if (topic.name != which.topic) continue;
    for (auto& partition : topic.partitions) {
      if (partition.which.partition == which.partition) return &partition;
    }
  }
  return nullptr;
}

outcome<void> read_brokers(admin_client& client, cluster_state& cluster) {
  auto answer = client.call(describe_cluster_request{.include_fenced_brokers = true});
  if (!answer) return std::move(answer.error());
  if (answer->error_code != error_code::none) {
    return broker_fault(answer->error_code, "cluster", answer->error_message);
  }
  cluster.cluster_id = answer->cluster_id;
  cluster.controller = answer->controller_id;
  for (const auto& broker : answer->brokers) {
    broker_address address{broker.host, static_cast<uint16_t>(broker.port)};
    cluster.brokers.push_back(
        {broker.broker_id, to_string(address), broker.rack, broker.is_fenced});
  }
  std::ranges::sort(cluster.brokers, {}, &broker_state::id);
  return {};
}

topic_state state_of(const metadata_response::metadata_response_topic& topic) {
  topic_state state{.name = topic.name.value_or(""), .is_internal = topic.is_internal};
  for (const auto& partition : topic.partitions) {
    state.partitions.push_back({.which = {state.name, partition.partition_index},
                                .leader = partition.leader_id,
                                .epoch = partition.leader_epoch,
                                .replicas = partition.replica_nodes,
                                .isr = partition.isr_nodes});
  }
  std::ranges::sort(state.partitions, {}, &partition_state::which);
  return state;
}

outcome<void> read_topics(admin_client& client,
                          const std::optional<std::vector<std::string>>& topics,
                          cluster_state& cluster) {
  auto answer = client.metadata(topics);
  if (!answer) return std::move(answer.error());
  for (const auto& topic : answer->topics) {
    if (topic.error_code != error_code::none) {
      return broker_fault(topic.error_code, "topic " + topic.name.value_or(""));
    }
    cluster.topics.push_back(state_of(topic));
  }
  std::ranges::sort(cluster.topics, [](const topic_state& a, const topic_state& b) {
    return std::pair(!a.is_internal, a.name) < std::pair(!b.is_internal, b.name);
  });
  return {};
}

std::optional<std::string> value_in(
    const describe_configs_response::describe_configs_result& described, std::string_view key) {
  auto found =
      std::ranges::find(described.configs, key, [](const auto& each) { return each.name; });
  return found == described.configs.end() ? std::nullopt : found->value;
}

std::optional<int32_t> number_in(
    const describe_configs_response::describe_configs_result& described, std::string_view key) {
  const auto text = value_in(described, key).value_or("");
  int32_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number ? std::optional{number} : std::nullopt;
}

/// A topic that was deleted in between keeps the value 1; nobody judges it for long.
outcome<void> read_configs(admin_client& client, cluster_state& cluster) {
  const std::string minimum = "min.insync.replicas";
  describe_configs_request request;
  for (const auto& topic : cluster.topics) {
    request.resources.push_back({topic_resource, topic.name, std::vector<std::string>{minimum}});
  }
  auto answer = client.call(request);
  if (!answer) return std::move(answer.error());
  std::map<std::string, int32_t> values;
  for (const auto& result : answer->results) {
    if (auto number = number_in(result, minimum)) values[result.resource_name] = *number;
  }
  for (auto& topic : cluster.topics) {
    if (auto found = values.find(topic.name); found != values.end()) {
      topic.min_insync_replicas = found->second;
    }
  }
  return {};
}

/// What a broker says of one of its own configs; nobody else can tell.
std::optional<describe_configs_response::describe_configs_result> own_config(
    admin_client& client, broker_id id, const std::string& key, std::chrono::milliseconds limit) {
  describe_configs_request request;
  request.resources.push_back({broker_resource, std::to_string(id), std::vector<std::string>{key}});
  auto answer = client.call_broker_within(limit, id, request);
  if (!answer || answer->results.empty()) return std::nullopt;
  return std::move(answer->results.front());
}

/// Whoever answers first is asked.
void read_default_replication(admin_client& client, cluster_state& cluster) {
  const std::string key = "default.replication.factor";
  for (const auto& broker : cluster.brokers) {
    if (broker.is_fenced) continue;
    const auto described = own_config(client, broker.id, key, patience);
    const auto number = described ? number_in(*described, key) : std::nullopt;
    if (!number) continue;
    cluster.default_replication_factor = *number;
    return;
  }
}

/// The controller is asked: another broker may not have heard yet of what it was just told.
outcome<void> read_moves(admin_client& client, cluster_state& cluster) {
  const list_partition_reassignments_request request{.timeout_ms = client.timeout_ms()};
  auto answer = client.call_broker_within(patience, cluster.controller, request);
  if (!answer) answer = client.call(request);  // whoever answers knows something
  if (!answer) return std::move(answer.error());
  if (answer->error_code != error_code::none) {
    return broker_fault(answer->error_code, "reassignments", answer->error_message);
  }
  for (const auto& topic : answer->topics) {
    for (const auto& moving : topic.partitions) {
      auto* partition = find_partition(cluster, {topic.name, moving.partition_index});
      if (partition == nullptr) continue;
      partition->adding = moving.adding_replicas;
      partition->removing = moving.removing_replicas;
    }
  }
  return {};
}

}  // namespace

bool partition_state::is_in_sync(broker_id id) const {
  return contains(isr, id);
}

bool partition_state::has_replica(broker_id id) const {
  return contains(replicas, id);
}

std::vector<broker_id> partition_state::target() const {
  std::vector<broker_id> left;
  for (auto id : replicas) {
    if (!contains(removing, id)) left.push_back(id);
  }
  return left;
}

int32_t topic_state::needed_in_sync(const partition_state& partition) const {
  return std::min(min_insync_replicas, static_cast<int32_t>(partition.replicas.size()));
}

size_t topic_state::replication_factor() const {
  return partitions.empty() ? 0 : partitions.front().target().size();
}

const broker_state* cluster_state::find_broker(broker_id id) const {
  auto at = std::ranges::find(brokers, id, &broker_state::id);
  return at == brokers.end() ? nullptr : &*at;
}

bool cluster_state::is_up(broker_id id) const {
  const auto* broker = find_broker(id);
  return broker != nullptr && !broker->is_fenced;
}

const topic_state* cluster_state::find_topic(const std::string& name) const {
  auto at = std::ranges::find(topics, name, &topic_state::name);
  return at == topics.end() ? nullptr : &*at;
}

std::vector<broker_id> cluster_state::missing_brokers() const {
  std::set<broker_id> ids;
  for (const auto& topic : topics) {
    for (const auto& partition : topic.partitions) {
      for (auto id : partition.replicas) {
        if (find_broker(id) == nullptr) ids.insert(id);
      }
    }
  }
  return {ids.begin(), ids.end()};
}

outcome<cluster_state> read_cluster(admin_client& client,
                                    const std::optional<std::vector<std::string>>& topics) {
  cluster_state cluster;
  OTTLA_TRY(read_brokers(client, cluster));
  OTTLA_TRY(read_topics(client, topics, cluster));
  OTTLA_TRY(read_configs(client, cluster));
  read_default_replication(client, cluster);
  OTTLA_TRY(read_moves(client, cluster));
  return cluster;
}

void add_draining(admin_client& client, cluster_state& cluster, std::chrono::milliseconds limit) {
  const std::string key{draining_key};
  for (auto& broker : cluster.brokers) {
    if (broker.is_fenced) continue;
    const auto described = own_config(client, broker.id, key, limit);
    broker.is_draining = described && value_in(*described, key) == "true";
  }
}

outcome<void> add_eligible_replicas(admin_client& client, topic_state& topic) {
  describe_topic_partitions_request request{.topics = {{topic.name}}};
  for (;;) {
    auto answer = client.call(request);
    if (!answer) {
      bool is_older = answer.error().code == error_code::unsupported_version;
      return is_older ? outcome<void>{} : std::move(answer.error());
    }
    for (const auto& described : answer->topics) {
      for (const auto& partition : described.partitions) {
        auto at = std::ranges::find(topic.partitions, partition.partition_index,
                                    [](const auto& state) { return state.which.partition; });
        if (at == topic.partitions.end()) continue;
        at->eligible = partition.eligible_leader_replicas.value_or(std::vector<broker_id>{});
      }
    }
    if (!answer->next_cursor) return {};
    request.cursor = {answer->next_cursor->topic_name, answer->next_cursor->partition_index};
  }
}

outcome<broker_disks> read_disks(admin_client& client, broker_id id) {
  auto answer = client.call_broker_within(patience, id, describe_log_dirs_request{});
  if (!answer) return std::move(answer.error());
  broker_disks disks;
  for (const auto& dir : answer->results) {
    if (dir.error_code != error_code::none) disks.failed_directories.push_back(dir.log_dir);
    for (const auto& topic : dir.topics) {
      for (const auto& partition : topic.partitions) {
        disks.used_bytes += partition.partition_size;
        if (partition.is_future_key) continue;
        disks.replicas[{topic.name, partition.partition_index}] = partition.partition_size;
      }
    }
  }
  return disks;
}

replica_sizes partition_sizes(admin_client& client, const cluster_state& cluster) {
  replica_sizes largest, led;
  for (const auto& broker : cluster.brokers) {
    if (broker.is_fenced) continue;
    auto disks = read_disks(client, broker.id);
    if (!disks) continue;
    for (const auto& topic : cluster.topics) {
      for (const auto& partition : topic.partitions) {
        auto size = disks->replicas.find(partition.which);
        if (size == disks->replicas.end()) continue;
        auto& most = largest[partition.which];
        most = std::max(most, size->second);
        if (partition.leader == broker.id) led[partition.which] = size->second;
      }
    }
  }
  led.merge(largest);
  return led;
}

}  // namespace ottla
