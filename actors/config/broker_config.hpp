// The configuration of one broker: typed values, and the text and origin of each.
//
// Immutable once made; actors share it through shared_ptr<const broker_config>. A change at run
// time makes a new one (with_dynamic_configs).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/config/admin_config.hpp"
#include "actors/config/config_layers.hpp"
#include "actors/config/listener_config.hpp"
#include "actors/config/topic_config.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// The typed values. Defaults are those of the table; the initializers here only avoid
/// indeterminate members.
struct broker_settings {
  // Who and where.
  broker_id node_id = 1;
  std::optional<std::string> rack;
  std::vector<std::string> log_dirs;
  std::string
      metadata_dir;  ///< Of the embedded metadata store; the first log directory by default.
  std::vector<listener_config> listeners;

  // ZooKeeper.
  std::string zookeeper_connect;  ///< Empty: the embedded store, and nothing else here matters.
  int32_t zookeeper_session_timeout_ms = 18'000;
  int32_t zookeeper_connection_timeout_ms = 18'000;
  bool zookeeper_set_acl = false;
  std::string zookeeper_digest_user;  ///< Empty: nobody.
  std::string zookeeper_digest_password;

  // The other brokers of the cluster.
  std::string inter_broker_listener;  ///< Upper case; empty: none.
  std::string cluster_secret_file;
  int64_t replica_lag_time_max_ms = 30'000;
  bool auto_leader_rebalance = true;
  int64_t leader_imbalance_check_interval_s = 300;
  int32_t replica_fetch_wait_max_ms = 500;
  int32_t replica_fetch_min_bytes = 1;
  int32_t replica_fetch_max_bytes = 1'048'576;
  int32_t replica_fetch_response_max_bytes = 10'485'760;
  int32_t replica_fetch_backoff_ms = 1'000;
  bool rack_aware_reads = false;  ///< Consumers are sent to replicas in their rack (KIP-392).

  // Threads, memory, connections.
  int32_t io_threads = 0;  ///< 0: half the cores, at least one.
  int64_t memory_budget_bytes = 0;
  int64_t queued_max_request_bytes = -1;  ///< Where less than memory_budget_bytes; -1: not set.
  int32_t requests_in_flight_max = 64;    ///< Per connection; then its socket is not read.
  int32_t request_max_bytes = 104'857'600;
  int32_t socket_send_buffer_bytes = -1;     ///< -1: the system's default.
  int32_t socket_receive_buffer_bytes = -1;  ///< -1: the system's default.
  int32_t socket_listen_backlog = 4096;
  int32_t connections_max = INT32_MAX;
  int32_t connections_max_per_ip = INT32_MAX;
  std::map<std::string, int32_t, std::less<>> connections_max_per_ip_overrides;
  int32_t connection_creation_rate_max = INT32_MAX;  ///< Per second.
  int64_t connections_max_idle_ms = 600'000;
  int32_t request_receive_timeout_ms = 30'000;  ///< A started frame without progress ends.

  admin_settings admin;

  // Topics.
  topic_config topic_defaults;
  int32_t num_partitions = 1;
  int16_t default_replication_factor = 1;
  bool auto_create_topics = true;
  bool delete_topics = true;

  // Fetch.
  int32_t fetch_max_bytes = 57'671'680;
  int32_t fetch_session_slots = 1000;
  int32_t request_partitions_max = 2000;  ///< max.request.partition.size.limit.

  // The log.
  int64_t retention_check_interval_ms = 300'000;
  int32_t flush_offset_checkpoint_interval_ms = 60'000;
  int32_t recovery_threads_per_dir = 2;
  int64_t log_dir_reserve_bytes = 0;       ///< Clients leave so much of each disk free.
  int64_t scrub_interval_ms = 0;           ///< 0: only after a crash.
  int64_t scrub_bytes_per_second_max = 0;  ///< 0: no limit.
  int32_t open_files_max = 0;              ///< Cached segment handles; 0: from the process limit.
  int64_t initial_task_delay_ms = 30'000;
  bool cleaner_enabled = true;
  int64_t cleaner_dedupe_buffer_bytes = 0;
  double cleaner_io_max_bytes_per_second = 0;
  int64_t cleaner_backoff_ms = 15'000;
  int64_t producer_id_expiration_ms = 86'400'000;

  // Groups and their offsets.
  int32_t group_min_session_timeout_ms = 6'000;
  int32_t group_max_session_timeout_ms = 1'800'000;
  int32_t group_initial_rebalance_delay_ms = 3'000;
  int32_t group_max_size = INT32_MAX;
  int32_t offset_metadata_max_bytes = 4096;
  int64_t offsets_retention_ms = 0;
  int64_t offsets_retention_check_interval_ms = 600'000;
  int32_t offsets_commit_timeout_ms = 5'000;
  int32_t offsets_load_buffer_bytes = 5'242'880;
  int32_t offsets_topic_partitions = 50;
  int16_t offsets_topic_replication_factor = 3;
  int32_t offsets_topic_segment_bytes = 104'857'600;
  int32_t offsets_topic_compression_codec = 0;  ///< Kafka's codec number.

  friend bool operator==(const broker_settings&, const broker_settings&) = default;
};

struct broker_config : broker_settings {
  /// The texts behind the values above.
  config_layers layers;
  /// Name of the machine, advertised for listeners on every address.
  std::string host_name;

  /// Whether it is one broker of several, or may become so.
  [[nodiscard]] bool is_in_cluster() const { return !zookeeper_connect.empty(); }
};

/// What a start gathers its configuration from, weakest first.
struct config_inputs {
  std::optional<std::filesystem::path> file;  ///< Java .properties.
  std::vector<std::string> environment;       ///< "NAME=value", as in environ.
  std::vector<std::string> overrides;         ///< "key=value".
  std::string host_name;
};

/// A configuration and what its owner should be told about it.
struct loaded_config {
  broker_config config;
  std::vector<std::string> warnings;
};

/// Reads and validates everything. The fault's message names every problem, one per line.
outcome<loaded_config> load_broker_config(const config_inputs& inputs);

/// Typed values of static settings; the same checks as load_broker_config.
outcome<loaded_config> make_broker_config(config_layers layers, std::string host_name);

/// `base` with the values stored at run time for all brokers and for this one. Values that do not
/// validate any more are passed over with a warning.
loaded_config with_dynamic_configs(const broker_config& base, const config_map& cluster_wide,
                                   const config_map& this_broker);

/// Whether these values may be stored for one broker (`is_cluster_default` false) or for all:
/// known, valid, and of an update mode that allows it.
outcome<void> check_broker_overrides(const broker_config& base, const config_map& overrides,
                                     bool is_cluster_default);

}  // namespace ottla
