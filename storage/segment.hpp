// One segment of a log: a file of batches and its two indexes, which start at a base offset.
//
// Knows nothing of epochs, producers or other segments. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/batch_scanner.hpp"
#include "storage/file_handles.hpp"
#include "storage/log_files.hpp"
#include "storage/log_options.hpp"
#include "storage/offset_index.hpp"
#include "storage/time_index.hpp"

namespace ottla {

class segment {
public:
  /// `suffix`: cleaned for one that compaction still writes.
  segment(file_handles& handles, const std::string& directory, log_offset base,
          log_file_suffix suffix = log_file_suffix::none);

  /// Creates the empty log file.
  outcome<void> create(timestamp_ms now_ms);
  /// Learns the sizes of an existing segment. Answers whether the indexes look right.
  outcome<bool> load(timestamp_ms now_ms);

  // --- writing ---

  /// Whether `bytes` up to `last_offset` need a new segment first.
  [[nodiscard]] bool must_roll(int64_t bytes, log_offset last_offset, timestamp_ms max_timestamp,
                               timestamp_ms now_ms, const log_options& options) const;
  /// Writes `bytes`, which hold `batches` (positions relative to `bytes`), behind the others. On a
  /// fault the file may be longer than size_bytes(): cut_back() repairs that.
  outcome<void> append(std::span<const std::byte> bytes, std::span<const located_batch> batches,
                       int32_t index_interval_bytes);
  /// Cuts the file to size_bytes() after a failed append.
  outcome<void> cut_back();
  /// The segment will not be written any more: completes the time index and writes both.
  outcome<void> seal();

  // --- recovery ---

  /// Makes both indexes anew from the batch headers in [0, size_bytes()).
  outcome<void> rebuild_indexes(int32_t index_interval_bytes);
  /// Walks from the last index entry to the end, so that appends and times go on from there.
  /// Answers with the bytes walked.
  outcome<int64_t> walk_tail(int32_t index_interval_bytes, batch_check check);
  /// Cuts everything from `position` on, the edge of a batch whose first offset is `offset`.
  outcome<void> truncate(int64_t position, log_offset offset, int32_t index_interval_bytes);
  /// Bytes that readers must jump over, by position.
  void set_holes(std::vector<byte_range> holes) { holes_ = std::move(holes); }
  [[nodiscard]] const std::vector<byte_range>& holes() const { return holes_; }
  /// Bytes that are in the file but not to be read or written over.
  void set_size(int64_t size_bytes) { size_ = size_bytes; }

  // --- reading ---

  /// The batches from `position` on, the edge of one.
  outcome<batch_scanner> scan(int64_t position, batch_check check = batch_check::header);
  /// The batches from the last index entry at or below `offset`.
  outcome<batch_scanner> scan_near(log_offset offset);
  /// The first batch that ends at or above `offset`; nothing if all end below it.
  outcome<std::optional<located_batch>> find(log_offset offset);

  struct read_end {
    int64_t position = 0;
    log_offset next_offset = 0;
  };
  /// Where a read from batch `start` ends: behind the last batch that ends below `bound` and within
  /// `max_bytes`; `end_offset` if that is the last one of the segment.
  outcome<read_end> end_of_read(const located_batch& start, log_offset bound, int64_t max_bytes,
                                log_offset end_offset);
  outcome<std::shared_ptr<file>> open_file() { return log_.get(); }

  // --- facts ---

  [[nodiscard]] log_offset base_offset() const { return base_; }
  [[nodiscard]] int64_t size_bytes() const { return size_; }
  [[nodiscard]] bool is_empty() const { return size_ == 0; }
  /// The largest timestamp of all batches and the last offset of its batch. Reads the end of a
  /// segment that this run has not written.
  outcome<timestamp_offset> max_timestamp();
  /// The segment was sealed by an earlier run and its time index is good: nothing need be read.
  void was_sealed();
  /// When this run created or found the segment.
  [[nodiscard]] timestamp_ms created_ms() const { return created_ms_; }
  [[nodiscard]] offset_index& offsets() { return offsets_; }
  [[nodiscard]] time_index& times() { return times_; }
  /// Paths of log, offset index and time index.
  [[nodiscard]] std::vector<std::string> paths();
  [[nodiscard]] std::vector<std::string> index_paths();

  // --- life ---

  /// Renames all files to their names with `suffix`; answers with the new paths.
  outcome<std::vector<std::string>> rename_files(const std::string& directory,
                                                 log_file_suffix suffix);
  /// Writes the tails of the indexes.
  outcome<void> write_indexes();
  /// Writes the tails of the indexes and closes the files.
  outcome<void> rest();

private:
  void note(const located_batch& batch, int32_t index_interval_bytes);
  [[nodiscard]] bool can_index(log_offset offset) const;
  void index_time();
  outcome<void> walk_from(int64_t position, int32_t index_interval_bytes, batch_check check);

  log_offset base_;
  cached_file log_;
  offset_index offsets_;
  time_index times_;
  int64_t size_ = 0;
  int64_t bytes_since_index_ = 0;
  timestamp_offset max_timestamp_;
  bool max_timestamp_known_ = true;
  timestamp_ms first_timestamp_ = no_timestamp;  // of the first batch: segment.ms counts from it
  timestamp_ms created_ms_ = no_timestamp;
  std::vector<byte_range> holes_;
  std::optional<located_batch> newest_;  // as noted last; stale unless it ends at size_
};

}  // namespace ottla
