// The settings of consumer groups, with Kafka's names in snake_case and Kafka's defaults.
//
// One immutable object is shared by all coordinators and their groups: as in Kafka, none of these
// settings changes while the broker runs.
#pragma once

#include <cstdint>
#include <limits>

namespace ottla {

struct group_options {
  int32_t min_session_timeout_ms = 6'000;                  ///< group.min.session.timeout.ms
  int32_t max_session_timeout_ms = 1'800'000;              ///< group.max.session.timeout.ms
  int32_t initial_rebalance_delay_ms = 3'000;              ///< group.initial.rebalance.delay.ms
  int32_t max_size = std::numeric_limits<int32_t>::max();  ///< group.max.size
  /// How long a member that was never in a generation may wait for its join; fixed in Kafka.
  int32_t new_member_join_timeout_ms = 300'000;

  int32_t offset_metadata_max_bytes = 4'096;            ///< offset.metadata.max.bytes
  int64_t offsets_retention_ms = 7LL * 24 * 3'600'000;  ///< offsets.retention.minutes
  int64_t offsets_retention_check_interval_ms = 600'000;
  int32_t offsets_commit_timeout_ms = 5'000;            ///< offsets.commit.timeout.ms
  int32_t offsets_load_buffer_bytes = 5 * 1024 * 1024;  ///< offsets.load.buffer.size
};

}  // namespace ottla
