// The log of one partition on disk. Read this class first.
//
// A log is a row of segments; the last one, the active segment, is written to, the others only
// read. Offsets grow without end: log_start() <= offset < log_end(). Every call blocks and there is
// one caller at a time, except the jobs it hands out (flush_job, removal_job), which a disk actor
// runs on another thread while the log goes on.
//
//   segments   [0 .. 41] [42 .. 99] [100 .. 130          )
//                  ^ log_start        ^ recovery_point   ^ log_end
//
// After a failed write or sync the log is broken: it refuses appends until it is opened again.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/gather_list.hpp"
#include "protocol/outcome.hpp"
#include "protocol/record_validation.hpp"
#include "protocol/types.hpp"
#include "storage/leader_epochs.hpp"
#include "storage/log_options.hpp"
#include "storage/log_recovery.hpp"
#include "storage/producer_state.hpp"
#include "storage/segment.hpp"
#include "storage/truncation_note.hpp"

namespace ottla {

/// Who appends, when, and by which rules.
struct append_terms {
  leader_epoch epoch = 0;  ///< Stamped into the batch; refused below the newest known one.
  timestamp_ms now_ms = 0;
  append_origin origin = append_origin::client;
  api_version produce_version = 13;  ///< Some codecs are refused to old versions.
  bool has_room = true;  ///< Whether the disk may take more of clients (free_space.hpp).
  inflation_memory* memory = nullptr;  ///< For looking into a large compressed batch.
};

struct appended {
  log_offset base_offset = -1;
  log_offset last_offset = -1;
  timestamp_ms log_append_time_ms = no_timestamp;
  log_offset log_start_offset = 0;
  log_offset log_end_offset = 0;  ///< Of the log after this call.
  bool duplicate = false;         ///< The batch was there already: the offsets are the old ones.
};

/// What became of a batch.
using append_answer = std::variant<appended, batch_rejection>;

struct read_limits {
  int64_t max_bytes = 0;
  log_offset upper_bound = INT64_MAX;  ///< Only batches that end below it.
  bool at_least_one_batch = false;     ///< The first batch even if it exceeds max_bytes.
};

/// Whole batches of one segment.
struct log_slice {
  file_range range;               ///< Length 0: nothing to read at this offset yet.
  log_offset first_offset = -1;   ///< Base offset of the first batch: at or below the asked offset.
  log_offset next_offset = -1;    ///< Where to read on; the asked offset if the slice is empty.
  bool stopped_by_bound = false;  ///< Ended at upper_bound or at the log's end, not at max_bytes.
};

struct timestamp_and_offset {
  timestamp_ms timestamp = no_timestamp;
  log_offset offset = -1;
};

struct epoch_and_end {
  leader_epoch epoch = no_leader_epoch;
  log_offset end_offset = -1;
};

/// Files to bring to disk. Copyable into a message; touches no state of the log.
struct flush_job {
  std::vector<std::shared_ptr<file>> files;
  std::string directory;  ///< Synced as well when it is not empty: files were created or renamed.
  log_offset up_to = 0;   ///< What flushed_to() may be told after success.

  [[nodiscard]] bool empty() const { return files.empty() && directory.empty(); }
  /// Blocks. The first failure ends it; a failed sync must never be tried again.
  outcome<void> run(file_system& disk) const;
};

/// Renamed files (`.deleted`) that nobody needs any more once file.delete.delay.ms has passed.
struct removal_job {
  std::vector<std::string> paths;
  outcome<void> run(file_system& disk) const;
};

/// Counters since the log was opened, and sizes now.
struct log_stats {
  uint64_t batches_appended = 0;
  uint64_t bytes_appended = 0;
  uint64_t duplicates = 0;
  uint64_t segments_rolled = 0;
  uint64_t segments_deleted = 0;
  uint64_t reads = 0;
  uint64_t bytes_read = 0;
  uint64_t flushes = 0;
};

class partition_log {
public:
  /// Opens or creates the log in `directory` and repairs what the last run left (log_recovery.hpp).
  static outcome<std::unique_ptr<partition_log>> open(file_handles& handles, std::string directory,
                                                      const log_options& options,
                                                      const recovery_context& context);
  ~partition_log();

  // --- writing ---

  /// Appends one batch as leader. In one step: it is validated by the rules of the options (header
  /// and CRC exactly once), the producer's sequence is checked, offsets and epoch are stamped into
  /// the bytes, a full segment is rolled, the bytes are written with one call, and indexes and
  /// producer state follow. Needs `batch` for itself.
  /// Rejections: those of validate_batch(), out_of_order_sequence_number,
  /// duplicate_sequence_number, invalid_producer_epoch, fenced_leader_epoch, kafka_storage_error
  /// (broken, or disk full: then broken() is nothing and a later append may succeed).
  append_answer append(const shared_bytes& batch, const append_terms& terms);

  /// Appends batches that carry their offsets and epochs already, as a follower does. They must
  /// begin at or above log_end(). Rejections: corrupt_message, offset_out_of_range,
  /// fenced_leader_epoch, kafka_storage_error.
  append_answer append_as_follower(const shared_bytes& batches, timestamp_ms now_ms);

  // --- reading ---

  /// The batches from the one that holds `from`. Faults: offset_out_of_range below log_start() or
  /// beyond log_end(); corrupt_message inside a quarantined range.
  outcome<log_slice> read(log_offset from, const read_limits& limits);

  /// The first record with a timestamp at or above `timestamp`; offset -1 if there is none.
  outcome<timestamp_and_offset> offset_for_timestamp(timestamp_ms timestamp);
  /// The first record with the largest timestamp; offset -1 in an empty log.
  outcome<timestamp_and_offset> offset_of_max_timestamp();
  /// The largest known epoch not above `epoch` and where it ends; -1, -1 if there is none.
  [[nodiscard]] epoch_and_end epoch_end_offset(leader_epoch epoch) const;
  /// The epoch in which `offset` was written, or none.
  [[nodiscard]] leader_epoch epoch_of(log_offset offset) const;
  [[nodiscard]] leader_epoch latest_epoch() const { return epochs_.latest(); }
  /// Leader epoch `epoch` begins at log_end(), though nothing is written in it yet. Kept in memory:
  /// the first batch makes it last.
  void begin_epoch(leader_epoch epoch);
  /// Forgets epochs in which nothing was written: a follower knows only what it has.
  void forget_empty_epochs() { epochs_.truncate_from_end(log_end_); }
  /// Where this log parts from one that says "my largest epoch up to your last one is `theirs`, and
  /// ends there"; theirs.epoch -1: it has none of them. Everything below agrees.
  [[nodiscard]] log_offset parting_offset(const epoch_and_end& theirs) const;

  [[nodiscard]] log_offset log_start() const { return log_start_; }
  [[nodiscard]] log_offset log_end() const { return log_end_; }
  /// Bytes of all segments.
  [[nodiscard]] int64_t size_bytes() const;
  [[nodiscard]] size_t segment_count() const { return segments_.size(); }
  [[nodiscard]] log_offset active_base_offset() const { return segments_.back()->base_offset(); }
  [[nodiscard]] const producer_state& producers() const { return producers_; }
  /// A batch was refused before it came here: of a new idempotent producer it is due again before
  /// any that follows it. Its bytes have not been checked.
  void note_refused(std::span<const std::byte> batch);
  /// What the log had refused when it was last open in this process.
  void set_refused(refused_batches refused) { producers_.set_refused(std::move(refused)); }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const log_options& options() const { return options_; }
  [[nodiscard]] const recovery_report& recovered() const { return report_; }
  [[nodiscard]] const log_stats& stats() const { return stats_; }
  /// Why the log refuses appends, if it does.
  [[nodiscard]] const std::optional<fault>& broken() const { return broken_; }

  // --- cutting ---

  /// Drops every record from `offset` on, and the whole batch if `offset` lies inside one.
  /// {0..9}{10..19}: truncate_to(12) leaves {0..9} and log_end() 10 if 10..19 is one batch.
  /// The caller has made sure that nothing acknowledged is among them, and saves the directory's
  /// recovery points first if `offset` lies below this log's.
  outcome<removal_job> truncate_to(log_offset offset, timestamp_ms now_ms);
  /// Drops everything; the log goes on, empty, at `offset`.
  outcome<removal_job> truncate_fully_and_start_at(log_offset offset, timestamp_ms now_ms);
  /// Raises log_start() (DeleteRecords). Fault offset_out_of_range above log_end(). Whole segments
  /// below it go with the next delete_segments().
  outcome<void> advance_log_start(log_offset offset);

  // --- retention ---

  /// How many of the oldest segments time, size and log start let go. Pure: decides, does nothing.
  /// `deletable_below`: the high watermark; the segment that holds it stays.
  [[nodiscard]] outcome<size_t> segments_to_delete(timestamp_ms now_ms, log_offset deletable_below);
  /// Renames the `count` oldest segments' files to `.deleted` and forgets them. If that is all of
  /// them, a new empty one is rolled first. log_start() moves up.
  outcome<removal_job> delete_segments(size_t count, timestamp_ms now_ms);
  /// Begins a new segment if the active one is not empty.
  outcome<void> roll(timestamp_ms now_ms);
  /// Drops the producers that have been silent for producer.id.expiration.ms.
  size_t expire_producers(timestamp_ms now_ms) { return producers_.expire(now_ms); }

  // --- durability ---

  /// Everything below it survives a power cut.
  [[nodiscard]] log_offset recovery_point() const { return recovery_point_; }
  /// What a sync has to cover now; empty() if all is flushed. A fault leaves the log broken, or may
  /// be tried again (too many open files). One job at a time: the next call
  /// comes after flushed_to() or flush_failed().
  outcome<flush_job> flush_target();
  /// The flush_job has succeeded: `offset` is its up_to. Cuts in between are taken into account.
  void flushed_to(log_offset offset);
  /// flush_target(), run and flushed_to() in one, on this thread.
  outcome<void> flush();
  /// A flush_job has failed: the log is broken from now on.
  void flush_failed(fault why);
  /// Whether flush.messages has been reached.
  [[nodiscard]] bool flush_due() const {
    return log_end_ - recovery_point_ >= options_.flush_messages;
  }
  /// When flush.ms wants the next flush; nothing when all is flushed or there is no limit.
  [[nodiscard]] std::optional<timestamp_ms> flush_deadline() const;

  // --- life ---

  void set_options(const log_options& options);
  /// Writes what is kept in memory (index tails, epochs) and closes the files: for an idle log.
  outcome<void> rest();
  /// Flushes, takes a producer snapshot and closes: after this the next open needs no scan.
  outcome<void> close_cleanly();

  // --- compaction (compaction.hpp drives these) ---

  [[nodiscard]] const std::deque<std::unique_ptr<segment>>& segments() const { return segments_; }
  /// Puts the synced `.cleaned` segment with base offset `first` in the place of the segments with
  /// base offsets [first, last]. Recovery finishes or undoes what a crash interrupts.
  outcome<removal_job> replace_segments(log_offset first, log_offset last, timestamp_ms now_ms);
  [[nodiscard]] file_handles& handles() const { return handles_; }

  // --- damage ---

  /// Reads refuse the range from now on, also after a restart. False: it is not (or no longer)
  /// damaged, or known already.
  outcome<bool> quarantine(const quarantined_range& range);

private:
  friend class log_recovery;
  partition_log(file_handles& handles, std::string directory, const log_options& options);

  [[nodiscard]] std::string inside(std::string_view name) const;
  [[nodiscard]] segment& active() { return *segments_.back(); }
  /// The segment that would hold `offset`.
  [[nodiscard]] size_t segment_index_of(log_offset offset) const;
  [[nodiscard]] log_offset end_of_segment(size_t index) const;
  [[nodiscard]] append_answer reject(fault why) const;
  [[nodiscard]] validation_rules rules_for(const append_terms& terms) const;
  [[nodiscard]] appended answer_for(log_offset base, log_offset last, timestamp_ms log_append_time,
                                    bool duplicate) const;

  outcome<void> write_batches(std::span<const std::byte> bytes,
                              std::span<const located_batch> batches, timestamp_ms now_ms);
  outcome<void> note_producer(const located_batch& batch, std::span<const std::byte> bytes);
  /// Breaks the log, unless `why` passes by itself.
  outcome<void> survive(fault why);
  outcome<void> save_epochs();
  outcome<void> take_snapshot();
  outcome<void> remove_snapshots(log_offset from, log_offset below);
  /// Makes producers_ anew from the newest good snapshot and the batches behind it.
  outcome<void> reload_producers(timestamp_ms now_ms);
  outcome<void> replay_producers(log_offset from);
  outcome<void> replay_segment(segment& where, log_offset from);
  outcome<void> add_segment(log_offset base, timestamp_ms now_ms);
  outcome<removal_job> drop_segments(size_t first, size_t last);
  [[nodiscard]] const quarantined_range* quarantine_at_or_after(log_offset offset) const;
  outcome<void> add_quarantine(segment& where, const quarantined_range& range);
  outcome<void> save_quarantine();
  /// Before the log is cut to `offset`.
  outcome<void> note_truncation(log_offset offset);
  void forget_truncation();
  outcome<void> collect_files(flush_job& job);
  outcome<void> sync_files(const std::vector<std::string>& paths);
  outcome<timestamp_offset> newest_batch(segment& where);
  outcome<timestamp_and_offset> first_record_at(segment& where, timestamp_ms timestamp);

  file_handles& handles_;
  std::string directory_;
  log_options options_;
  std::deque<std::unique_ptr<segment>> segments_;  // by base offset; never empty once open
  leader_epochs epochs_;
  producer_state producers_;
  recovery_report report_;
  log_stats stats_;
  log_offset log_start_ = 0;
  log_offset log_end_ = 0;
  log_offset recovery_point_ = 0;
  log_offset flushable_ = 0;  // what the flush job under way covers at most
  log_offset last_snapshot_ = -1;
  std::optional<truncation_note> truncated_;  // until synced as far as before
  std::vector<std::string> unsynced_snapshots_;
  int64_t bytes_since_snapshot_ = 0;
  std::optional<timestamp_ms> dirty_since_;
  bool directory_dirty_ = false;
  bool epochs_dirty_ = false;  // written since the last flush
  std::optional<fault> broken_;
};

}  // namespace ottla
