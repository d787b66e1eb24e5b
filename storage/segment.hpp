// One segment of a log: a file of batches and its two indexes, which start at a base offset.
//
// Knows nothing of epochs, producers or other segments. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/types.hpp"
#include "storage/file_handles.hpp"
#include "storage/log_files.hpp"
#include "storage/log_options.hpp"
#include "storage/offset_index.hpp"
#include "storage/time_index.hpp"

namespace ottla {

/// A batch where it lies in a segment: the header, and what of it the log asks most.
struct located_batch {
  int64_t position = 0;
  int64_t length = 0;
  log_offset base_offset = 0;
  log_offset last_offset = 0;
  timestamp_ms max_timestamp = no_timestamp;
  leader_epoch epoch = no_leader_epoch;

  [[nodiscard]] int64_t end() const { return position + length; }
};

class segment {
public:
  /// `suffix`: cleaned for one that is still being written by compaction.
  segment(file_handles& handles, const std::string& directory, log_offset base,
          log_file_suffix suffix = log_file_suffix::none);

  /// Creates the empty log file.
  outcome<void> create();
  /// Learns sizes of an existing segment. A fault in an index is told by `indexes_good`.
  outcome<void> load(bool& indexes_good);

  // --- writing (active segment) ---

  /// Whether a batch of `bytes` up to `last_offset` needs a new segment first.
  [[nodiscard]] bool must_roll(int64_t bytes, log_offset last_offset, timestamp_ms max_timestamp,
                               timestamp_ms now_ms, const log_options& options) const;
  /// Writes `bytes`, which hold the batches `facts`, behind the others. On a fault the file may be
  /// longer than size_bytes(); cut_back() repairs that.
  outcome<void> append(std::span<const std::byte> bytes, std::span<const located_batch> facts,
                       int32_t index_interval_bytes);
  /// Cuts the file to size_bytes() after a failed append.
  outcome<void> cut_back();
  /// The segment will not be written any more: completes the time index and writes both.
  outcome<void> seal();
  /// Notes a batch that is in the file already: indexes and timestamps only (recovery).
  outcome<void> note(const located_batch& batch, int32_t index_interval_bytes);

  // --- reading ---

  /// The first batch that ends at or above `offset`; nothing if all end below it.
  outcome<std::optional<located_batch>> find(log_offset offset);
  /// The batch at `position`; nothing at the end of the segment. Fault corrupt_message if there is
  /// no sane header.
  outcome<std::optional<located_batch>> batch_at(int64_t position);
  /// Where a read from `start` must end: the end of the last batch that ends below `bound` and
  /// within `max_bytes` of `start.position`; never before the end of `start` if `at_least_one`.
  struct read_end {
    int64_t position = 0;
    log_offset next_offset = 0;
    bool by_bound = false;
  };
  outcome<read_end> end_of_read(const located_batch& start, log_offset bound, int64_t max_bytes,
                                bool at_least_one, log_offset segment_end_offset);
  outcome<std::shared_ptr<file>> open_file() { return log_.get(); }

  /// Cuts everything from `position` on, which is the edge of a batch.
  outcome<void> truncate_to_position(int64_t position, int32_t index_interval_bytes);

  // --- facts ---

  [[nodiscard]] log_offset base_offset() const { return base_; }
  [[nodiscard]] int64_t size_bytes() const { return size_; }
  [[nodiscard]] bool is_empty() const { return size_ == 0; }
  /// The largest timestamp of the segment's batches and its batch's last offset.
  [[nodiscard]] timestamp_offset max_timestamp() const { return max_timestamp_; }
  /// What retention goes by: the largest timestamp, or the file's creation in this run.
  [[nodiscard]] timestamp_ms created_ms() const { return created_ms_; }
  void set_created_ms(timestamp_ms when) { created_ms_ = when; }
  [[nodiscard]] const std::string& log_path() const { return log_.path(); }
  [[nodiscard]] offset_index& offsets() { return offsets_; }
  [[nodiscard]] time_index& times() { return times_; }

  // --- life ---

  /// Renames the files to their names with `suffix`; answers with the new paths.
  outcome<std::vector<std::string>> rename_files(const std::string& directory,
                                                 log_file_suffix suffix);
  /// Writes index tails and closes the files.
  outcome<void> rest();

private:
  log_offset base_;
  cached_file log_;
  offset_index offsets_;
  time_index times_;
  int64_t size_ = 0;
  int64_t bytes_since_index_ = 0;
  timestamp_offset max_timestamp_;
  timestamp_ms first_timestamp_ = no_timestamp;  // of the first batch: segment.ms counts from it
  timestamp_ms created_ms_ = no_timestamp;
};

}  // namespace ottla
