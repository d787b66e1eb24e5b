#include "actors/config/broker_config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/config/broker_config_check.hpp"
#include "actors/config/config_reader.hpp"
#include "protocol/ascii.hpp"

namespace ottla {
namespace {

using problems = std::vector<std::string>;

/// Effective value of a broker key, synonyms followed, in the unit of `key`.
std::optional<std::string> text_of(const config_layers& layers, std::string_view key) {
  auto found = effective_broker_value(layers, key);
  if (!found.value) return std::nullopt;
  return convert_unit(*found.value, found.key, key);
}

template <class Reader>
void read_identity(const Reader& read, broker_settings& s) {
  read.integer(s.node_id, "node.id");
  s.rack = read.maybe_text("broker.rack");
  s.log_dirs = split_config_list(read.text("log.dirs"));
  s.metadata_dir = read.text("metadata.log.dir");
  if (s.metadata_dir.empty() && !s.log_dirs.empty()) s.metadata_dir = s.log_dirs.front();
}

template <class Reader>
void read_zookeeper(const Reader& read, broker_settings& s) {
  s.zookeeper_connect = read.text("zookeeper.connect");
  read.integer(s.zookeeper_session_timeout_ms, "zookeeper.session.timeout.ms");
  read.integer(s.zookeeper_connection_timeout_ms, "zookeeper.connection.timeout.ms");
  s.zookeeper_set_acl = read.boolean("zookeeper.set.acl");
  s.zookeeper_digest_user = read.text("ottla.zookeeper.digest.user");
  s.zookeeper_digest_password = read.text("ottla.zookeeper.digest.password");
}

template <class Reader>
void read_replication(const Reader& read, broker_settings& s) {
  s.inter_broker_listener = upper_case(read.text("inter.broker.listener.name"));
  s.cluster_secret_file = read.text("ottla.cluster.secret.file");
  read.integer(s.replica_lag_time_max_ms, "replica.lag.time.max.ms");
  s.auto_leader_rebalance = read.boolean("auto.leader.rebalance.enable");
  read.integer(s.leader_imbalance_check_interval_s, "leader.imbalance.check.interval.seconds");
  read.integer(s.replica_fetch_wait_max_ms, "replica.fetch.wait.max.ms");
  read.integer(s.replica_fetch_min_bytes, "replica.fetch.min.bytes");
  read.integer(s.replica_fetch_max_bytes, "replica.fetch.max.bytes");
  read.integer(s.replica_fetch_response_max_bytes, "replica.fetch.response.max.bytes");
  read.integer(s.replica_fetch_backoff_ms, "replica.fetch.backoff.ms");
  s.rack_aware_reads = read.text("replica.selector.class").ends_with("RackAwareReplicaSelector");
}

template <class Reader>
void read_network(const Reader& read, broker_settings& s) {
  read.integer(s.io_threads, "ottla.io.threads");
  read.integer(s.memory_budget_bytes, "ottla.memory.budget.bytes");
  read.integer(s.queued_max_request_bytes, "queued.max.request.bytes");
  read.integer(s.requests_in_flight_max, "ottla.requests.in.flight.max");
  read.integer(s.request_max_bytes, "socket.request.max.bytes");
  read.integer(s.socket_send_buffer_bytes, "socket.send.buffer.bytes");
  read.integer(s.socket_receive_buffer_bytes, "socket.receive.buffer.bytes");
  read.integer(s.socket_listen_backlog, "socket.listen.backlog.size");
  read.integer(s.connections_max, "max.connections");
  read.integer(s.connections_max_per_ip, "max.connections.per.ip");
  read.integer(s.connection_creation_rate_max, "max.connection.creation.rate");
  read.integer(s.connections_max_idle_ms, "connections.max.idle.ms");
  read.integer(s.request_receive_timeout_ms, "ottla.request.receive.timeout.ms");
}

template <class Reader>
void read_topics(const Reader& read, broker_settings& s) {
  read.integer(s.num_partitions, "num.partitions");
  read.integer(s.default_replication_factor, "default.replication.factor");
  s.auto_create_topics = read.boolean("auto.create.topics.enable");
  s.delete_topics = read.boolean("delete.topic.enable");
  read.integer(s.fetch_max_bytes, "fetch.max.bytes");
  read.integer(s.fetch_session_slots, "max.incremental.fetch.session.cache.slots");
  read.integer(s.request_partitions_max, "max.request.partition.size.limit");
}

template <class Reader>
void read_log(const Reader& read, broker_settings& s) {
  read.integer(s.retention_check_interval_ms, "log.retention.check.interval.ms");
  read.integer(s.flush_offset_checkpoint_interval_ms, "log.flush.offset.checkpoint.interval.ms");
  read.integer(s.recovery_threads_per_dir, "num.recovery.threads.per.data.dir");
  read.integer(s.log_dir_reserve_bytes, "ottla.log.dir.reserve.bytes");
  read.integer(s.scrub_interval_ms, "ottla.scrub.interval.hours");
  s.scrub_interval_ms *= 3'600'000;
  read.integer(s.scrub_bytes_per_second_max, "ottla.scrub.max.bytes.per.second");
  read.integer(s.open_files_max, "ottla.open.files.max");
  read.integer(s.initial_task_delay_ms, "log.initial.task.delay.ms");
  s.cleaner_enabled = read.boolean("log.cleaner.enable");
  read.integer(s.cleaner_dedupe_buffer_bytes, "log.cleaner.dedupe.buffer.size");
  s.cleaner_io_max_bytes_per_second = read.real("log.cleaner.io.max.bytes.per.second");
  read.integer(s.cleaner_backoff_ms, "log.cleaner.backoff.ms");
  read.integer(s.producer_id_expiration_ms, "producer.id.expiration.ms");
}

template <class Reader>
void read_groups(const Reader& read, broker_settings& s) {
  read.integer(s.group_min_session_timeout_ms, "group.min.session.timeout.ms");
  read.integer(s.group_max_session_timeout_ms, "group.max.session.timeout.ms");
  read.integer(s.group_initial_rebalance_delay_ms, "group.initial.rebalance.delay.ms");
  read.integer(s.group_max_size, "group.max.size");
  read.integer(s.offset_metadata_max_bytes, "offset.metadata.max.bytes");
  read.integer(s.offsets_retention_ms, "offsets.retention.minutes");
  s.offsets_retention_ms *= 60'000;
  read.integer(s.offsets_retention_check_interval_ms, "offsets.retention.check.interval.ms");
  read.integer(s.offsets_commit_timeout_ms, "offsets.commit.timeout.ms");
  read.integer(s.offsets_load_buffer_bytes, "offsets.load.buffer.size");
  read.integer(s.offsets_topic_partitions, "offsets.topic.num.partitions");
  read.integer(s.offsets_topic_replication_factor, "offsets.topic.replication.factor");
  read.integer(s.offsets_topic_segment_bytes, "offsets.topic.segment.bytes");
  read.integer(s.offsets_topic_compression_codec, "offsets.topic.compression.codec");
}

/// "10.0.0.7:100,10.0.0.8:50".
void read_connection_overrides(std::string_view text, broker_settings& s, problems& wrong) {
  for (const auto& item : split_config_list(text)) {
    size_t colon = item.rfind(':');
    auto count =
        colon == std::string::npos ? std::nullopt : parse_config_integer(item.substr(colon + 1));
    if (!count || colon == 0 || *count < 0 || *count > INT32_MAX) {
      wrong.push_back(fmt::format(
          "max.connections.per.ip.overrides: '{}' is not of the form address:count", item));
      continue;
    }
    s.connections_max_per_ip_overrides[item.substr(0, colon)] = static_cast<int32_t>(*count);
  }
}

template <class Reader>
void read_listeners(const Reader& read, std::string_view host_name, broker_settings& s,
                    problems& wrong) {
  auto listeners =
      parse_listeners({.listeners = read.text("listeners"),
                       .advertised_listeners = read.text("advertised.listeners"),
                       .security_protocol_map = read.text("listener.security.protocol.map"),
                       .passed_over = split_config_list(read.text("controller.listener.names")),
                       .host_name = std::string(host_name),
                       .allow_insecure = read.boolean("ottla.allow.insecure.listeners")});
  if (listeners) {
    s.listeners = std::move(*listeners);
  } else {
    wrong.push_back(listeners.error().message);
  }
}

template <class Reader>
void read_admin(const Reader& read, broker_settings& s, problems& wrong) {
  auto listeners = parse_admin_listeners(read.text("admin.listeners"),
                                         read.boolean("ottla.allow.insecure.listeners"));
  if (listeners) {
    s.admin.listeners = std::move(*listeners);
  } else {
    wrong.push_back(listeners.error().message);
  }
  for (const auto& name : split_config_list(read.text("admin.allowed.hosts"))) {
    s.admin.allowed_hosts.push_back(lower_case(name));
  }
  for (const auto& origin : split_config_list(read.text("admin.allowed.origins"))) {
    if (!is_web_origin(origin)) {
      wrong.push_back(fmt::format(
          "admin.allowed.origins: '{}' is not of the form https://host or https://host:port",
          origin));
    }
    s.admin.allowed_origins.push_back(lower_case(origin));
  }
  s.admin.is_read_only = read.boolean("admin.read.only");
}

/// What the keys of a cluster ask of each other.
template <class Require>
void check_cluster(const broker_settings& s, const Require& require) {
  if (s.zookeeper_connect.empty()) return;
  const auto& private_name = s.inter_broker_listener;
  const bool is_there =
      std::ranges::any_of(s.listeners, [&](const auto& l) { return l.name == private_name; });
  require(!private_name.empty(),
          "inter.broker.listener.name: a broker with zookeeper.connect needs a listener of its own "
          "for the other brokers, for example "
          "listeners=PLAINTEXT://127.0.0.1:9092,REPLICATION://127.0.0.1:9093, "
          "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,REPLICATION:PLAINTEXT and "
          "inter.broker.listener.name=REPLICATION");
  require(private_name.empty() || is_there || s.listeners.empty(),
          "inter.broker.listener.name: listeners has none of that name");
  require(
      !is_there || s.listeners.size() > 1,
      "inter.broker.listener.name: clients need another listener; this one is for brokers only");
  require(!s.cluster_secret_file.empty(),
          "ottla.cluster.secret.file: a broker with zookeeper.connect needs the secret that the "
          "brokers of its cluster share; name a file, and it is made if it is missing");
}

/// Rules between keys; each value alone is in its range.
void check_together(const config_layers& layers, const broker_settings& s, problems& wrong) {
  auto require = [&](bool holds, std::string_view message) {
    if (!holds) wrong.emplace_back(message);
  };
  auto node = layers.statics.find("node.id");
  auto broker = layers.statics.find("broker.id");
  if (node != layers.statics.end() && broker != layers.statics.end()) {
    auto older = parse_config_integer(broker->second.value);
    require(older == -1 || older == parse_config_integer(node->second.value),
            "node.id and broker.id mean the same and must not differ; remove broker.id");
  }
  require(s.node_id >= 0, "broker.id: -1 asks for a generated id; set node.id to a number from 0");
  require(!s.log_dirs.empty(), "log.dirs: at least one directory is needed");
  require(std::ranges::none_of(s.log_dirs, [](const auto& dir) { return dir.empty(); }),
          "log.dirs: the name of a directory is empty");
  for (auto dir = s.log_dirs.begin(); dir != s.log_dirs.end(); ++dir) {
    require(std::find(s.log_dirs.begin(), dir, *dir) == dir,
            fmt::format("log.dirs: {} is named twice", *dir));
  }
  require(s.group_min_session_timeout_ms <= s.group_max_session_timeout_ms,
          "group.min.session.timeout.ms must not be above group.max.session.timeout.ms");
  require(s.zookeeper_digest_user.empty() == s.zookeeper_digest_password.empty(),
          "ottla.zookeeper.digest.user and ottla.zookeeper.digest.password go together");
  require(s.zookeeper_digest_user.find(':') == std::string::npos,
          "ottla.zookeeper.digest.user: the name must not contain a colon");
  require(!s.zookeeper_set_acl || !s.zookeeper_digest_user.empty(),
          "zookeeper.set.acl=true needs ottla.zookeeper.digest.user: whom would the nodes belong "
          "to?");
  check_cluster(s, require);
  const auto& topics = s.topic_defaults;
  require(topics.retention_ms == -1 || topics.retention_ms >= 1,
          "log.retention.ms (or .minutes or .hours) must be -1 (no limit) or at least 1");
  require(topics.min_compaction_lag_ms <= topics.max_compaction_lag_ms,
          "log.cleaner.min.compaction.lag.ms must not be above log.cleaner.max.compaction.lag.ms");
}

broker_config read_broker_config(config_layers layers, std::string host_name, problems& wrong) {
  broker_config config;
  config.layers = std::move(layers);
  config.host_name = std::move(host_name);
  config_reader read([&](std::string_view key) { return text_of(config.layers, key); });
  read_identity(read, config);
  read_zookeeper(read, config);
  read_replication(read, config);
  read_network(read, config);
  read_topics(read, config);
  read_log(read, config);
  read_groups(read, config);
  read_listeners(read, config.host_name, config, wrong);
  read_admin(read, config, wrong);
  read_connection_overrides(read.text("max.connections.per.ip.overrides"), config, wrong);
  config.topic_defaults = make_topic_config(config, {});
  check_together(config.layers, config, wrong);
  return config;
}

fault as_fault(const problems& wrong) {
  return {error_code::invalid_config, fmt::format("{}", fmt::join(wrong, "\n"))};
}

}  // namespace

outcome<loaded_config> make_broker_config(config_layers layers, std::string host_name) {
  problems wrong;
  loaded_config loaded;
  check_static_settings(layers, wrong, loaded.warnings);
  if (!wrong.empty()) return as_fault(wrong);
  loaded.config = read_broker_config(std::move(layers), std::move(host_name), wrong);
  if (!wrong.empty()) return as_fault(wrong);
  return loaded;
}

loaded_config with_dynamic_configs(const broker_config& base, const config_map& cluster_wide,
                                   const config_map& this_broker) {
  loaded_config loaded;
  config_layers layers{.statics = base.layers.statics};
  auto take_valid = [&](const config_map& from, config_map& to, bool is_cluster_default) {
    for (const auto& [name, value] : from) {
      auto checked = check_broker_override(name, value, is_cluster_default);
      if (checked) {
        to.emplace(name, value);
      } else {
        loaded.warnings.push_back("stored value passed over: " + checked.error().message);
      }
    }
  };
  take_valid(cluster_wide, layers.dynamic_default, true);
  take_valid(this_broker, layers.dynamic_broker, false);
  problems wrong;
  loaded.config = read_broker_config(std::move(layers), base.host_name, wrong);
  if (wrong.empty()) return loaded;
  for (const auto& problem : wrong) {
    loaded.warnings.push_back("all values stored at run time passed over: " + problem);
  }
  problems none;
  loaded.config = read_broker_config({.statics = base.layers.statics}, base.host_name, none);
  return loaded;
}

outcome<void> check_broker_overrides(const broker_config& base, const config_map& overrides,
                                     bool is_cluster_default) {
  for (const auto& [name, value] : overrides) {
    OTTLA_TRY(check_broker_override(name, value, is_cluster_default));
  }
  config_layers layers = base.layers;
  (is_cluster_default ? layers.dynamic_default : layers.dynamic_broker) = overrides;
  problems wrong;
  read_broker_config(std::move(layers), base.host_name, wrong);
  if (!wrong.empty()) return as_fault(wrong);
  return {};
}

}  // namespace ottla
