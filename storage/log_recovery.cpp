#include "storage/log_recovery.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "storage/batch_search.hpp"
#include "storage/partition_log.hpp"
#include "storage/quarantine.hpp"
#include "storage/small_files.hpp"
#include "storage/truncation_note.hpp"

namespace ottla {

namespace {

bool is_valid(batch_scanner& scanner, const located_batch& batch) {
  auto bytes = scanner.bytes_of(batch);
  if (!bytes) return false;
  auto view = record_batch_view::parse(*bytes);
  return view && view->crc_valid();
}

/// Neither epochs nor offsets ever fall, and no CRC covers them: one above that of a later batch is
/// damaged.
void note_epoch(std::vector<epoch_entry>& seen, const located_batch& batch) {
  const leader_epoch epoch = batch.header.epoch;
  if (epoch < 0) return;
  const auto is_damaged = [&](const epoch_entry& entry) {
    return entry.epoch > epoch ||
           (entry.epoch < epoch && entry.start_offset >= batch.base_offset());
  };
  while (!seen.empty() && is_damaged(seen.back())) seen.pop_back();
  if (seen.empty() || seen.back().epoch < epoch) seen.push_back({epoch, batch.base_offset()});
}

}  // namespace

/// Brings a log's directory into a state that partition_log can go on from.
class log_recovery {
public:
  log_recovery(partition_log& log, const recovery_context& context)
      : log_(log), context_(context), disk_(log.handles_.disk()), report_(log.report_) {}

  outcome<void> run() {
    OTTLA_TRY(go_on());
    OTTLA_TRY(clear_leftovers());
    OTTLA_TRY(load_segments());
    OTTLA_TRY(load_truncation());
    OTTLA_TRY(load_quarantine());
    for (size_t i = 0; i < log_.segments_.size(); ++i) OTTLA_TRY(check_segment(i));
    OTTLA_TRY(go_on());
    OTTLA_TRY(settle_ends());
    OTTLA_TRY(restore_epochs());
    OTTLA_TRY(log_.remove_snapshots(log_.log_end_ + 1, INT64_MAX));
    // A snapshot of records that are gone must not come back once others have their offsets.
    const bool was_cut = report_.bytes_cut > 0 || context_.last == last_shutdown::machine_crash;
    if (was_cut) OTTLA_TRY(disk_.sync_directory(log_.directory_));
    return log_.reload_producers(context_.now_ms);
  }

private:
  [[nodiscard]] outcome<void> go_on() const {
    if (!context_.stop.stop_requested()) return {};
    return fault{error_code::kafka_storage_error, "opening was given up", ECANCELED};
  }
  outcome<void> clear_leftovers();
  outcome<void> finish_swap(log_offset base);
  outcome<void> load_segments();
  outcome<void> remove_orphans();
  template <class T>
  outcome<std::optional<T>> load_own(std::string_view name, outcome<T> (*decode)(std::string_view),
                                     std::string_view if_bad);
  outcome<void> load_truncation();
  outcome<void> load_quarantine();
  outcome<void> check_segment(size_t index);
  outcome<void> examine(size_t index, int64_t walk_from, int64_t check_from);
  [[nodiscard]] bool leaves_gap(size_t index, const located_batch& batch);
  outcome<bool> is_wrong(size_t index, batch_scanner& scanner, const located_batch& batch,
                         log_offset expected);
  outcome<bool> resolve_bad(size_t index, int64_t position);
  outcome<void> cut(size_t index, int64_t position);
  outcome<void> quarantine(size_t index, const quarantined_range& range);
  outcome<void> settle_ends();
  outcome<void> restore_epochs();
  outcome<void> rebuild_epochs();

  [[nodiscard]] std::string path(std::string_view name) const { return log_.inside(name); }
  /// No batch of a segment reaches into the next one, or farther than its indexes can say.
  [[nodiscard]] log_offset end_limit(size_t index) const {
    return is_active(index) ? segment_end_limit(log_.segments_[index]->base_offset())
                            : log_.segments_[index + 1]->base_offset();
  }
  [[nodiscard]] bool is_active(size_t index) const { return index + 1 == log_.segments_.size(); }
  /// When the segments were loaded.
  [[nodiscard]] bool is_there(std::string_view name) const {
    return std::ranges::find(entries_, name, &directory_entry::name) != entries_.end();
  }
  void note(std::string what) { report_.notes.push_back(std::move(what)); }

  partition_log& log_;
  recovery_context context_;
  file_system& disk_;
  recovery_report& report_;
  std::vector<directory_entry> entries_;  // of the log's directory
  std::vector<bool> indexes_good_;
  log_offset expected_ = 0;  // where the log goes on after what was examined
  std::vector<epoch_entry> epochs_seen_;
};

outcome<void> log_recovery::clear_leftovers() {
  OTTLA_TRY(disk_.create_directories(log_.directory_));
  auto entries = disk_.list(log_.directory_);
  if (!entries) return std::move(entries.error());
  std::vector<log_offset> swaps;
  for (const auto& entry : *entries) {
    auto name = parse_log_file(entry.name);
    const bool unfinished =
        entry.name.ends_with(".tmp") || (name && (name->suffix == log_file_suffix::deleted ||
                                                  name->suffix == log_file_suffix::cleaned));
    if (unfinished) {
      OTTLA_TRY(disk_.remove_file(path(entry.name)));
    } else if (name && name->suffix == log_file_suffix::swap && name->kind == log_file_kind::log) {
      swaps.push_back(name->base);
    }
  }
  for (log_offset base : swaps) OTTLA_TRY(finish_swap(base));
  entries = disk_.list(log_.directory_);
  if (!entries) return std::move(entries.error());
  for (const auto& entry : *entries) {  // indexes whose log was not renamed: nothing was swapped
    auto name = parse_log_file(entry.name);
    if (!name || name->suffix != log_file_suffix::swap) continue;
    OTTLA_TRY(disk_.remove_file(path(entry.name)));
  }
  return {};
}

/// A `.log.swap` is whole and synced. It stands for all segments that begin below its end.
outcome<void> log_recovery::finish_swap(log_offset base) {
  segment swapped(log_.handles_, log_.directory_, base, log_file_suffix::swap);
  auto loaded = swapped.load(context_.now_ms);
  if (!loaded) return std::move(loaded.error());
  auto scanner = swapped.scan(0);
  if (!scanner) return std::move(scanner.error());
  log_offset end = base + 1;
  for (;;) {
    auto batch = scanner->next();
    if (!batch) return std::move(batch.error());
    if (!*batch) break;
    end = (*batch)->last_offset() + 1;
  }
  auto entries = disk_.list(log_.directory_);
  if (!entries) return std::move(entries.error());
  for (const auto& entry : *entries) {
    auto name = parse_log_file(entry.name);
    if (!name || name->suffix != log_file_suffix::none || name->base < base || name->base >= end) {
      continue;
    }
    if (name->kind == log_file_kind::snapshot) continue;
    OTTLA_TRY(disk_.remove_file(path(entry.name)));
  }
  auto renamed = swapped.rename_files(log_.directory_, log_file_suffix::none);
  if (!renamed) return std::move(renamed.error());
  note(fmt::format("finished the switch to compacted segment {}", base));
  return disk_.sync_directory(log_.directory_);
}

outcome<void> log_recovery::load_segments() {
  auto entries = disk_.list(log_.directory_);
  if (!entries) return std::move(entries.error());
  for (const auto& entry : *entries) {
    auto base = segment_base(entry.name);
    if (!base) continue;
    log_.segments_.push_back(std::make_unique<segment>(log_.handles_, log_.directory_, *base));
    auto good = log_.active().load(context_.now_ms);
    if (!good) return std::move(good.error());
    indexes_good_.push_back(*good);
  }
  // Only the active segment may be without index files: it has few entries, still unwritten.
  for (size_t i = 0; i + 1 < log_.segments_.size(); ++i) {
    segment& closed = *log_.segments_[i];
    if (closed.offsets().missing() || closed.times().missing()) indexes_good_[i] = false;
  }
  entries_ = std::move(*entries);
  OTTLA_TRY(remove_orphans());
  if (!log_.segments_.empty()) return {};
  indexes_good_.push_back(true);
  return log_.add_segment(context_.log_start_offset, context_.now_ms);
}

outcome<void> log_recovery::remove_orphans() {
  for (const auto& entry : entries_) {
    auto name = parse_log_file(entry.name);
    if (!name || name->suffix != log_file_suffix::none) continue;
    if (name->kind == log_file_kind::log || name->kind == log_file_kind::snapshot) continue;
    const auto& segments = log_.segments_;
    const bool has_log = std::any_of(segments.begin(), segments.end(), [&](const auto& each) {
      return each->base_offset() == name->base;
    });
    if (!has_log) OTTLA_TRY(disk_.remove_file(path(entry.name)));
  }
  return {};
}

/// What a small file of ours says. Nothing if it is not there, or bad: that is noted.
template <class T>
outcome<std::optional<T>> log_recovery::load_own(std::string_view name,
                                                 outcome<T> (*decode)(std::string_view),
                                                 std::string_view if_bad) {
  if (!is_there(name)) return std::optional<T>{};
  auto text = read_file(disk_, path(name));
  if (!text) return std::move(text.error());
  auto found = decode(*text);
  if (found) return std::optional<T>{std::move(*found)};
  if (found.error().code == error_code::unsupported_version) return std::move(found.error());
  note(std::string{if_bad});
  return std::optional<T>{};
}

outcome<void> log_recovery::load_truncation() {
  if (context_.last == last_shutdown::clean) {  // checkpoints were written last of all
    return is_there(truncation_name) ? disk_.remove_file(path(truncation_name)) : outcome<void>{};
  }
  auto truncated =
      load_own(truncation_name, decode_truncation, "the truncation file is bad and was ignored");
  if (!truncated) return std::move(truncated.error());
  if (!*truncated) return {};
  context_.recovery_point = std::min(context_.recovery_point, (*truncated)->cut_to);
  log_.truncated_ = **truncated;
  return {};
}

outcome<void> log_recovery::load_quarantine() {
  auto ranges = load_own(
      quarantine_name, decode_quarantine,
      "the quarantine file is bad; damaged batches will be found again when they are read");
  if (!ranges) return std::move(ranges.error());
  if (!*ranges) return {};
  report_.quarantined = std::move(**ranges);
  for (const auto& each : log_.segments_) {
    each->set_holes(holes_of(report_.quarantined, each->base_offset()));
  }
  return {};
}

outcome<void> log_recovery::check_segment(size_t index) {
  if (index >= log_.segments_.size()) return {};  // dropped behind a torn one
  segment& where = *log_.segments_[index];
  const bool active = is_active(index);
  const log_offset next_base = active ? INT64_MAX : log_.segments_[index + 1]->base_offset();
  const bool machine_crash = context_.last == last_shutdown::machine_crash;
  // A segment that ends right at the recovery point was perhaps closed after the last sync.
  const bool unsynced = machine_crash && next_base >= context_.recovery_point;
  if (!active && !unsynced && indexes_good_[index]) {
    where.was_sealed();
    return {};
  }

  int64_t walk_from = indexes_good_[index] && !unsynced ? where.offsets().last().position : 0;
  int64_t check_from = INT64_MAX;
  if (unsynced) {
    auto opened = where.open_file();
    if (!opened) return std::move(opened.error());
    (*opened)->drop_cache();
    check_from = context_.recovery_point > where.base_offset() ? INT64_MAX : 0;
  } else if (active && context_.last == last_shutdown::process_crash) {
    check_from = std::max<int64_t>(0, where.size_bytes() - log_.options_.crash_check_bytes);
    if (walk_from > 0) {
      auto near = where.offsets().lookup_position(check_from);
      if (!near) return std::move(near.error());
      walk_from = std::min(walk_from, near->position);
    }
  }
  OTTLA_TRY(examine(index, walk_from, check_from));
  // A compacted segment ends where the next one begins: a gap before that is a lost write.
  const bool may_be_compacted = context_.is_foreign && log_.options_.cleanup_compact;
  if (unsynced && expected_ >= context_.recovery_point && expected_ < next_base && !active &&
      !may_be_compacted) {
    OTTLA_TRY(cut(index, where.size_bytes()));
  }
  if (!indexes_good_[index] || unsynced) {
    ++report_.indexes_rebuilt;
    OTTLA_TRY(where.rebuild_indexes(log_.options_.index_interval_bytes));
    auto sealed = active ? outcome<void>{} : where.seal();
    return sealed || is_passing(sealed.error()) ? outcome<void>{} : sealed;
  }
  auto walked = where.walk_tail(log_.options_.index_interval_bytes, batch_check::header);
  if (!walked) return std::move(walked.error());
  return {};
}

/// Walks the batches from `walk_from` on; by CRC from `check_from` on, or once the recovery point
/// is reached. Cuts or quarantines what is bad.
outcome<void> log_recovery::examine(size_t index, int64_t walk_from, int64_t check_from) {
  segment& where = *log_.segments_[index];
  auto scanner = where.scan(walk_from);
  if (!scanner) return std::move(scanner.error());
  expected_ = where.base_offset();
  bool first = true;
  std::optional<located_batch> previous;
  log_offset previous_expected = expected_;
  for (;;) {
    OTTLA_TRY(go_on());
    const int64_t position = scanner->position();
    const bool past_recovery_point = context_.last == last_shutdown::machine_crash &&
                                     expected_ >= context_.recovery_point &&
                                     (!first || walk_from == 0);
    const bool checks = position >= check_from || past_recovery_point;
    scanner->set_check(checks ? batch_check::crc : batch_check::header);
    auto batch = scanner->next();
    if (!batch && batch_scanner::is_disk_fault(batch.error())) return std::move(batch.error());
    const bool knows_before = !first || walk_from == 0;
    const bool gap = batch && *batch &&
                     ((*batch)->last_offset() >= end_limit(index) ||
                      (knows_before && leaves_gap(index, **batch)));
    if (!batch || gap) {
      // An index that points at bad bytes is no place to start from.
      if (!knows_before) return examine(index, 0, check_from);
      int64_t bad_position = gap ? (*batch)->position : scanner->position();
      // A wrong length or offset shows only here: then the batch before is the bad one.
      auto liar =
          previous ? is_wrong(index, *scanner, *previous, previous_expected) : outcome<bool>{false};
      if (!liar) return std::move(liar.error());
      if (*liar) {
        bad_position = previous->position;
        expected_ = previous_expected;
      }
      auto goes_on = resolve_bad(index, bad_position);
      if (!goes_on) return std::move(goes_on.error());
      if (!*goes_on) return {};
      return examine(index, 0, check_from);
    }
    if (!*batch) break;
    first = false;
    previous = **batch;
    previous_expected = expected_;
    (checks ? report_.bytes_checked : report_.bytes_walked) += (*batch)->length();
    expected_ = (*batch)->last_offset() + 1;
    note_epoch(epochs_seen_, **batch);
  }
  for (const auto& bad : report_.quarantined) {
    if (bad.segment_base == where.base_offset()) expected_ = std::max(expected_, bad.next);
  }
  return {};
}

/// The base offset is outside the CRC. Only compaction leaves gaps between batches, and it never
/// touches the active segment or what was not synced.
bool log_recovery::leaves_gap(size_t index, const located_batch& batch) {
  for (const auto& bad : report_.quarantined) {
    if (bad.first == expected_ && bad.next <= batch.base_offset()) expected_ = bad.next;
  }
  if (log_.options_.cleanup_compact || context_.last != last_shutdown::machine_crash) return false;
  const bool unsynced = expected_ >= context_.recovery_point;
  return (is_active(index) || unsynced) && batch.base_offset() != expected_;
}

/// Whether a batch that passed for good, where `expected` was, is damaged after all.
outcome<bool> log_recovery::is_wrong(size_t index, batch_scanner& scanner,
                                     const located_batch& batch, log_offset expected) {
  if (!is_valid(scanner, batch)) return true;
  if (batch.base_offset() == expected) return false;
  segment& where = *log_.segments_[index];
  auto opened = where.open_file();
  if (!opened) return std::move(opened.error());
  return is_contradicted(**opened, batch, where.size_bytes(), {expected, end_limit(index)});
}

/// Decides about the bad bytes at `position`; answers whether the segment is to be walked again.
outcome<bool> log_recovery::resolve_bad(size_t index, int64_t position) {
  segment& where = *log_.segments_[index];
  const bool synced = expected_ < context_.recovery_point;
  const bool power_lost = context_.last == last_shutdown::machine_crash;
  if (!synced && power_lost) {
    OTTLA_TRY(cut(index, position));
    return false;
  }
  auto opened = where.open_file();
  if (!opened) return std::move(opened.error());
  auto resume =
      find_valid_batch(**opened, position + 1, where.size_bytes(), {expected_, end_limit(index)});
  if (!resume) return std::move(resume.error());
  if (!synced && !*resume && is_active(index)) {  // the last write of a killed process
    OTTLA_TRY(cut(index, position));
    return false;
  }
  quarantined_range range{where.base_offset(), position, where.size_bytes() - position, expected_,
                          0};
  if (*resume) {
    range.length = (*resume)->position - position;
    range.next = (*resume)->base_offset();
  } else if (!is_active(index)) {
    range.next = log_.segments_[index + 1]->base_offset();
  } else {
    range.next = std::max(context_.recovery_point, expected_ + 1);
  }
  OTTLA_TRY(quarantine(index, range));
  return true;
}

outcome<void> log_recovery::cut(size_t index, int64_t position) {
  segment& where = *log_.segments_[index];
  const size_t behind = log_.segments_.size() - index - 1;
  int64_t bytes = where.size_bytes() - position;
  for (size_t i = log_.segments_.size(); --i > index;) {
    bytes += log_.segments_[i]->size_bytes();
    ++report_.segments_dropped;
    auto removal = log_.drop_segments(i, i + 1);
    if (!removal) return std::move(removal.error());
    OTTLA_TRY(removal->run(disk_));
  }
  report_.bytes_cut += bytes;
  note(fmt::format(
      "cut the torn tail of segment {} at offset {}, and {} segments behind it: {} bytes",
      where.base_offset(), expected_, behind, bytes));
  // The indexes may be bad here: they are made anew, or continued, once the bytes are right.
  auto opened = where.open_file();
  if (!opened) return std::move(opened.error());
  OTTLA_TRY((*opened)->truncate(position));
  OTTLA_TRY((*opened)->sync());  // what is cut must stay cut, whatever is appended and lost next
  OTTLA_TRY(disk_.sync_directory(log_.directory_));
  where.set_size(position);
  if (!indexes_good_[index]) return {};
  OTTLA_TRY(where.offsets().truncate_to_position(position));
  return where.times().truncate_to_offset(expected_);
}

outcome<void> log_recovery::quarantine(size_t index, const quarantined_range& range) {
  note(fmt::format("offsets {} to {} are damaged on disk and cannot be read", range.first,
                   range.next - 1));
  return log_.add_quarantine(*log_.segments_[index], range);
}

outcome<void> log_recovery::settle_ends() {
  if (log_.active().is_empty()) expected_ = log_.active().base_offset();
  log_.log_end_ = expected_;
  if (log_.log_end_ < context_.recovery_point) {
    // Records that were synced are gone. Their offsets are not given out a second time.
    const auto& active = log_.active();
    OTTLA_TRY(quarantine(log_.segments_.size() - 1, {active.base_offset(), active.size_bytes(), 0,
                                                     log_.log_end_, context_.recovery_point}));
    log_.log_end_ = context_.recovery_point;
  }
  const auto& holes = log_.active().holes();
  const bool ends_in_hole = std::any_of(holes.begin(), holes.end(), [&](const byte_range& hole) {
    return hole.position + hole.length >= log_.active().size_bytes();
  });
  if (ends_in_hole) {
    OTTLA_TRY(log_.active().seal());
    OTTLA_TRY(log_.add_segment(log_.log_end_, context_.now_ms));
  }
  log_.log_start_ = std::max(context_.log_start_offset, log_.segments_.front()->base_offset());
  log_.recovery_point_ = std::min(context_.recovery_point, log_.log_end_);
  if (log_.log_start_ > log_.log_end_) {
    note(fmt::format("the log ends at {}, before its start {}", log_.log_end_, log_.log_start_));
    auto removal = log_.truncate_fully_and_start_at(log_.log_start_, context_.now_ms);
    if (!removal) return std::move(removal.error());
    OTTLA_TRY(removal->run(disk_));
  }
  if (log_.recovery_point_ < log_.log_end_) log_.dirty_since_ = context_.now_ms;
  // Files of the last run may still be without a synced name.
  if (context_.last != last_shutdown::clean) log_.directory_dirty_ = log_.epochs_dirty_ = true;
  return {};
}

outcome<void> log_recovery::restore_epochs() {
  auto text = read_file(disk_, path(leader_epoch_name));
  if (!text && text.error().code == error_code::kafka_storage_error) {
    return std::move(text.error());
  }
  auto entries =
      text ? decode_leader_epochs(*text) : outcome<std::vector<epoch_entry>>(text.error());
  if (!entries) {
    OTTLA_TRY(rebuild_epochs());
  } else {
    log_.epochs_.replace(std::move(*entries));
    log_.epochs_.mark_saved();
  }
  log_.epochs_.truncate_from_end(log_.log_end_);
  for (const auto& seen : epochs_seen_) {
    if (seen.epoch > log_.epochs_.latest() && seen.start_offset < log_.log_end_) {
      log_.epochs_.assign(seen.epoch, seen.start_offset);
    }
  }
  log_.epochs_.truncate_from_start(log_.log_start_);
  auto saved = log_.save_epochs();
  return saved || is_passing(saved.error()) ? outcome<void>{} : saved;  // only a cache
}

outcome<void> log_recovery::rebuild_epochs() {
  std::vector<epoch_entry> found;
  for (const auto& each : log_.segments_) {
    if (each->is_empty()) continue;
    report_.epochs_rebuilt = true;
    auto scanner = each->scan(0);
    if (!scanner) return std::move(scanner.error());
    for (;;) {
      auto batch = scanner->next();
      if (!batch && batch_scanner::is_disk_fault(batch.error())) return std::move(batch.error());
      if (!batch || !*batch) break;
      note_epoch(found, **batch);
    }
  }
  log_.epochs_.replace(std::move(found));
  return {};
}

outcome<std::unique_ptr<partition_log>> partition_log::open(file_handles& handles,
                                                            std::string directory,
                                                            const log_options& options,
                                                            const recovery_context& context) {
  std::unique_ptr<partition_log> log(new partition_log(handles, std::move(directory), options));
  OTTLA_TRY(log_recovery(*log, context).run());
  return log;
}

}  // namespace ottla
