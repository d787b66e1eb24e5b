// What compaction keeps of one batch.
//
// Pure but for its counters: batches in, batches out. A batch that loses records keeps its offsets,
// timestamps, producer fields and codec.
#pragma once

#include <unordered_map>

#include "protocol/record_batch.hpp"
#include "protocol/shared_bytes.hpp"
#include "storage/offset_map.hpp"

namespace ottla {

struct compaction_stats {
  int64_t bytes_read = 0;
  int64_t bytes_written = 0;
  int64_t records_read = 0;
  int64_t records_kept = 0;
  int64_t tombstones_dropped = 0;
  int64_t batches_unreadable = 0;   ///< Kept as they are: they cannot be inflated or walked.
  int64_t records_without_key = 0;  ///< Dropped: a compacted topic has none.
};

struct cleaning_rules {
  const offset_map* last_offsets = nullptr;
  log_offset mapped_below = 0;  ///< Records from here on are not in the map and stay.
  timestamp_ms now_ms = 0;
  int64_t delete_retention_ms = 0;
  /// The last offset of each live producer: its batch stays, if need be empty.
  const std::unordered_map<producer_id, log_offset>* producers = nullptr;
};

/// What is left of a batch: all of it, nothing, or a new batch.
struct cleaned_batch {
  enum class kind : uint8_t { unchanged, dropped, rewritten } what = kind::unchanged;
  shared_bytes rewritten;
};

class batch_cleaner {
public:
  explicit batch_cleaner(const cleaning_rules& rules) : rules_(rules) {}

  /// A batch that `ends_segment` stays, if need be empty: where a compacted segment ends, the next
  /// one begins, so that recovery can tell compaction from the lost tail of a segment.
  /// Faults: corrupt_message or invalid_record for a batch that cannot be read.
  outcome<cleaned_batch> clean(const record_batch_view& batch, bool ends_segment);
  [[nodiscard]] const compaction_stats& stats() const { return stats_; }

private:
  [[nodiscard]] bool keeps(const record_batch_header& batch, const record_view& record);
  [[nodiscard]] bool is_last_of_producer(const record_batch_header& batch) const;
  outcome<cleaned_batch> rewrite(const record_batch_view& batch, bool sets_horizon);

  cleaning_rules rules_;
  compaction_stats stats_;
  std::vector<std::byte> scratch_;
};

}  // namespace ottla
