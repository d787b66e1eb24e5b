#include "actors/config/topic_config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/config/broker_config.hpp"
#include "actors/config/config_reader.hpp"
#include "actors/config/replication_throttle.hpp"

namespace ottla {
namespace {

/// Kafka's limit for one stored value.
constexpr size_t value_length_max = 32'767;

compression_choice parse_compression(std::string_view name) {
  if (name == "uncompressed") return compression_choice::uncompressed;
  if (name == "gzip") return compression_choice::gzip;
  if (name == "snappy") return compression_choice::snappy;
  if (name == "lz4") return compression_choice::lz4;
  if (name == "zstd") return compression_choice::zstd;
  return compression_choice::producer;
}

template <class Reader>
void read_sizes_and_times(const Reader& read, topic_config& config) {
  read.integer(config.delete_retention_ms, "delete.retention.ms");
  read.integer(config.file_delete_delay_ms, "file.delete.delay.ms");
  read.integer(config.flush_messages, "flush.messages");
  read.integer(config.flush_ms, "flush.ms");
  read.integer(config.index_interval_bytes, "index.interval.bytes");
  read.integer(config.max_compaction_lag_ms, "max.compaction.lag.ms");
  read.integer(config.max_message_bytes, "max.message.bytes");
  read.integer(config.message_timestamp_after_max_ms, "message.timestamp.after.max.ms");
  read.integer(config.message_timestamp_before_max_ms, "message.timestamp.before.max.ms");
  read.integer(config.min_compaction_lag_ms, "min.compaction.lag.ms");
  read.integer(config.min_insync_replicas, "min.insync.replicas");
  read.integer(config.retention_bytes, "retention.bytes");
  read.integer(config.retention_ms, "retention.ms");
  read.integer(config.segment_bytes, "segment.bytes");
  if (read.maybe_text("internal.segment.bytes")) {
    read.integer(config.segment_bytes, "internal.segment.bytes");
  }
  read.integer(config.segment_index_bytes, "segment.index.bytes");
  read.integer(config.segment_jitter_ms, "segment.jitter.ms");
  read.integer(config.segment_ms, "segment.ms");
}

template <class Reader>
topic_config read_topic_config(const Reader& read) {
  topic_config config;
  read_sizes_and_times(read, config);
  auto policies = split_config_list(read.text("cleanup.policy"));
  config.cleanup_delete = std::ranges::find(policies, "delete") != policies.end();
  config.cleanup_compact = std::ranges::find(policies, "compact") != policies.end();
  config.compression = parse_compression(read.text("compression.type"));
  read.integer(config.compression_gzip_level, "compression.gzip.level");
  read.integer(config.compression_lz4_level, "compression.lz4.level");
  read.integer(config.compression_zstd_level, "compression.zstd.level");
  config.durability_level = parse_durability(read.text("ottla.durability"));
  config.message_timestamp_log_append_time = read.text("message.timestamp.type") == "LogAppendTime";
  config.min_cleanable_dirty_ratio = read.real("min.cleanable.dirty.ratio");
  config.unclean_leader_election = read.boolean("unclean.leader.election.enable");
  config.validate_records = read.text("ottla.record.validation") == "full";
  return config;
}

outcome<void> check_override(std::string_view name, std::string_view value) {
  const config_definition* definition = find_topic_config(name);
  if (!definition) {
    auto near = suggest_topic_config(name);
    return fault{error_code::invalid_config,
                 near.empty()
                     ? fmt::format("Unknown topic config name: {}", name)
                     : fmt::format("Unknown topic config name: {}; did you mean {}?", name, near)};
  }
  if (value.size() > value_length_max) {
    return fault{error_code::invalid_config,
                 fmt::format("The value of {} exceeds the maximum size of {} bytes", name,
                             value_length_max)};
  }
  OTTLA_TRY(check_config_value(*definition, value));
  if (name.ends_with(".replication.throttled.replicas")) {
    OTTLA_TRY(check_throttled_replicas(name, value));
  }
  if (definition->use == config_use::unsupported && value != definition->default_value) {
    return fault{error_code::invalid_config,
                 fmt::format("{}={} cannot be honoured: {}", name, value, definition->why)};
  }
  return {};
}

}  // namespace

std::string_view durability_name(durability level) {
  switch (level) {
    case durability::fsync:
      return "fsync";
    case durability::replicated:
      return "replicated";
    case durability::relaxed:
      return "relaxed";
  }
  return "unknown";
}

std::optional<durability> parse_durability(std::string_view name) {
  for (auto level : {durability::fsync, durability::replicated, durability::relaxed}) {
    if (durability_name(level) == name) return level;
  }
  return std::nullopt;
}

durability default_durability(int32_t replication_factor, bool is_internal) {
  return replication_factor == 1 || is_internal ? durability::fsync : durability::replicated;
}

durability durability_at_creation(const broker_config& broker, size_t replication_factor,
                                  bool is_internal) {
  return broker.topic_defaults.durability_level.value_or(
      default_durability(static_cast<int32_t>(replication_factor), is_internal));
}

topic_config make_topic_config(const broker_config& broker, const config_map& overrides) {
  return read_topic_config(config_reader([&](std::string_view key) {
    return effective_topic_value(broker.layers, overrides, *find_topic_config(key)).value;
  }));
}

outcome<void> check_topic_overrides(const broker_config& broker, const config_map& overrides) {
  for (const auto& [name, value] : overrides) OTTLA_TRY(check_override(name, value));
  auto config = make_topic_config(broker, overrides);
  if (config.min_compaction_lag_ms > config.max_compaction_lag_ms) {
    return fault{error_code::invalid_config,
                 fmt::format("conflict topic config setting min.compaction.lag.ms ({}) > "
                             "max.compaction.lag.ms ({})",
                             config.min_compaction_lag_ms, config.max_compaction_lag_ms)};
  }
  return {};
}

}  // namespace ottla
