// The effective configuration of one topic: the broker's defaults under the topic's own values.
//
// Plain values; the metadata image stores the overrides, partitions get this struct.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "actors/config/config_layers.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

struct broker_config;

/// How much of an acknowledged record survives what.
enum class durability : uint8_t {
  fsync,       ///< On the disk of every in-sync replica.
  replicated,  ///< In the memory of every in-sync replica.
  relaxed,     ///< Kafka's behaviour.
};
std::string_view durability_name(durability level);
std::optional<durability> parse_durability(std::string_view name);

/// What `auto` means: fsync for one replica and internal topics, replicated otherwise.
durability default_durability(int32_t replication_factor, bool is_internal);

/// The level of a topic that names none, which is stored as its override when it is created: the
/// broker's, or what `auto` means.
durability durability_at_creation(const broker_config& broker, size_t replication_factor,
                                  bool is_internal);

/// What the broker does to the codec of produced batches.
enum class compression_choice : uint8_t { producer, uncompressed, gzip, snappy, lz4, zstd };

struct topic_config {
  bool cleanup_delete = true;
  bool cleanup_compact = false;
  compression_choice compression = compression_choice::producer;
  int32_t compression_gzip_level = -1;
  int32_t compression_lz4_level = 9;
  int32_t compression_zstd_level = 3;
  int64_t delete_retention_ms = 86'400'000;
  std::optional<durability> durability_level;  ///< Nothing: default_durability().
  int64_t file_delete_delay_ms = 60'000;
  int64_t flush_messages = INT64_MAX;
  int64_t flush_ms = INT64_MAX;
  int32_t index_interval_bytes = 4096;
  int64_t max_compaction_lag_ms = INT64_MAX;
  int32_t max_message_bytes = 1'048'588;
  int64_t message_timestamp_after_max_ms = 3'600'000;
  int64_t message_timestamp_before_max_ms = INT64_MAX;
  bool message_timestamp_log_append_time = false;
  double min_cleanable_dirty_ratio = 0.5;
  int64_t min_compaction_lag_ms = 0;
  int32_t min_insync_replicas = 1;
  int64_t retention_bytes = -1;        ///< -1: no limit.
  int64_t retention_ms = 604'800'000;  ///< -1: no limit.
  int32_t segment_bytes = 1'073'741'824;
  int32_t segment_index_bytes = 10'485'760;
  int64_t segment_jitter_ms = 0;
  int64_t segment_ms = 604'800'000;
  bool unclean_leader_election = false;
  bool validate_records = false;  ///< ottla.record.validation=full: inflate and walk every batch.

  friend bool operator==(const topic_config&, const topic_config&) = default;
};

/// Effective values of a topic. Overrides that no longer validate (after a downgrade) are passed
/// over; call check_topic_overrides() before storing new ones.
topic_config make_topic_config(const broker_config& broker, const config_map& overrides);

/// Whether the whole set may be stored: known keys, valid values, and values that fit each other.
/// The fault is INVALID_CONFIG with Kafka's wording.
outcome<void> check_topic_overrides(const broker_config& broker, const config_map& overrides);

}  // namespace ottla
