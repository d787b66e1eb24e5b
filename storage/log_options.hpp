// The settings of one partition's log, already resolved from topic and broker configuration.
//
// Names and defaults are those of Kafka's topic configs; -1 means "no limit" where Kafka says so.
#pragma once

#include <cstdint>

#include "protocol/record_validation.hpp"

namespace ottla {

struct log_options {
  /// For batches of leaders. The log fills in partition name, compaction, segment size, origin and
  /// version itself.
  validation_rules validation;

  int32_t segment_bytes = 1 << 30;
  int64_t segment_ms = 604'800'000;
  int64_t segment_jitter_ms = 0;
  int32_t segment_index_bytes = 10 << 20;
  int32_t index_interval_bytes = 4096;

  bool cleanup_delete = true;  ///< cleanup.policy holds "delete".
  bool cleanup_compact = false;
  int64_t retention_ms = 604'800'000;
  int64_t retention_bytes = -1;
  int64_t file_delete_delay_ms = 60'000;

  int64_t delete_retention_ms = 86'400'000;
  int64_t min_compaction_lag_ms = 0;
  int64_t max_compaction_lag_ms = INT64_MAX;
  double min_cleanable_dirty_ratio = 0.5;

  int64_t flush_messages = INT64_MAX;
  int64_t flush_ms = INT64_MAX;

  int64_t producer_id_expiration_ms = 86'400'000;
  /// A producer snapshot is taken after this many bytes, so that a restart replays no more.
  int64_t snapshot_interval_bytes = 64 << 20;
  /// How much of the tail is checked by CRC after a crash of the process.
  int64_t crash_check_bytes = 1 << 20;
};

}  // namespace ottla
