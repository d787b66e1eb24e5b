// What the cluster says of itself at one moment: brokers, partitions, moves of replicas. Plain
// values, put together from several answers, for the commands that judge, plan or explain.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/admin_client.hpp"

namespace ottla {

struct broker_state {
  broker_id id = no_broker;
  std::string address;
  std::optional<std::string> rack;
  bool is_fenced = false;    ///< Registered, but not let in by the controller.
  bool is_draining = false;  ///< To be emptied. Filled by add_draining() only.
};

struct partition_state {
  topic_partition which;
  broker_id leader = no_broker;
  leader_epoch epoch = no_leader_epoch;
  std::vector<broker_id> replicas;  ///< The first is the preferred leader.
  std::vector<broker_id> isr;
  std::vector<broker_id> eligible;  ///< Filled by add_eligible_replicas() only.
  std::vector<broker_id> adding;
  std::vector<broker_id> removing;

  [[nodiscard]] bool is_moving() const { return !adding.empty() || !removing.empty(); }
  [[nodiscard]] bool is_in_sync(broker_id id) const;
  [[nodiscard]] bool has_replica(broker_id id) const;
  /// The replicas that it is to have when a move is over.
  [[nodiscard]] std::vector<broker_id> target() const;
};

struct topic_state {
  std::string name;
  bool is_internal = false;
  int32_t min_insync_replicas = 1;
  std::vector<partition_state> partitions;

  /// In-sync replicas that acks=all needs: no partition needs more than it has replicas.
  [[nodiscard]] int32_t needed_in_sync(const partition_state& partition) const;
  /// Of its first partition, when its moves are over.
  [[nodiscard]] size_t replication_factor() const;
};

struct cluster_state {
  std::string cluster_id;
  broker_id controller = no_broker;
  int32_t default_replication_factor = 1;
  std::vector<broker_state> brokers;  ///< Registered ones, sorted by id.
  std::vector<topic_state> topics;    ///< Internal ones first, then by name.

  [[nodiscard]] const broker_state* find_broker(broker_id id) const;
  /// Registered and let in.
  [[nodiscard]] bool is_up(broker_id id) const;
  [[nodiscard]] const topic_state* find_topic(const std::string& name) const;
  /// Brokers that have replicas but are not registered, sorted.
  [[nodiscard]] std::vector<broker_id> missing_brokers() const;
};

/// Asks for all topics, or those named; UNKNOWN_TOPIC_OR_PARTITION names one that is not there.
outcome<cluster_state> read_cluster(
    admin_client& client, const std::optional<std::vector<std::string>>& topics = std::nullopt);

/// Asks every broker whether it is to be emptied. One that does not answer in time, each, is taken
/// for one that is not.
void add_draining(admin_client& client, cluster_state& cluster, std::chrono::milliseconds limit);

/// Fills in the eligible leader replicas of one topic, where the brokers tell them.
outcome<void> add_eligible_replicas(admin_client& client, topic_state& topic);

/// Bytes of every replica on one broker, moves between its directories left out.
using replica_sizes = std::map<topic_partition, int64_t>;

struct broker_disks {
  replica_sizes replicas;
  int64_t used_bytes = 0;
  std::vector<std::string> failed_directories;
};
outcome<broker_disks> read_disks(admin_client& client, broker_id id);

/// The leader's replica of each partition, or the largest where the leader does not answer. Unknown
/// ones are left out.
replica_sizes partition_sizes(admin_client& client, const cluster_state& cluster);

}  // namespace ottla
