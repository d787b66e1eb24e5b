// What takes bytes away from a partition_log: truncation, retention, the swap of a compaction.
#include <fmt/core.h>

#include <algorithm>

#include "storage/partition_log.hpp"
#include "storage/small_files.hpp"

namespace ottla {

outcome<removal_job> partition_log::drop_segments(size_t first, size_t last) {
  removal_job removal;
  for (size_t i = first; i < last; ++i) {
    auto renamed = segments_[i]->rename_files(directory_, log_file_suffix::deleted);
    if (!renamed) return std::move(renamed.error());
    removal.paths.insert(removal.paths.end(), renamed->begin(), renamed->end());
    ++stats_.segments_deleted;
  }
  const auto begin = segments_.begin();
  segments_.erase(begin + static_cast<std::ptrdiff_t>(first),
                  begin + static_cast<std::ptrdiff_t>(last));
  directory_dirty_ = true;
  return removal;
}

outcome<void> partition_log::remove_snapshots(log_offset from, log_offset below) {
  auto entries = handles_.disk().list(directory_);
  if (!entries) return std::move(entries.error());
  for (const auto& entry : *entries) {
    auto name = parse_log_file(entry.name);
    if (!name || name->kind != log_file_kind::snapshot) continue;
    if (name->suffix != log_file_suffix::none || name->base < from || name->base >= below) continue;
    OTTLA_TRY(handles_.disk().remove_file(inside(entry.name)));
  }
  return {};
}

outcome<void> partition_log::note_truncation(log_offset offset) {
  if (offset >= recovery_point_) return {};
  truncation_note note{offset, recovery_point_};
  if (truncated_)
    note = {std::min(offset, truncated_->cut_to),
            std::max(recovery_point_, truncated_->synced_before)};
  truncated_ = note;
  return write_file(handles_.disk(), inside(truncation_name), encode_truncation(note),
                    sync_time::now);
}

void partition_log::forget_truncation() {
  if (!truncated_ || recovery_point_ < truncated_->synced_before) return;
  // A note that stays makes the next recovery look at more than it has to.
  (void)handles_.disk().remove_file(inside(truncation_name));
  truncated_.reset();
}

outcome<removal_job> partition_log::truncate_to(log_offset offset, timestamp_ms now_ms) {
  if (broken_) return *broken_;
  if (offset >= log_end_) return removal_job{};
  if (offset < segments_.front()->base_offset()) {
    return truncate_fully_and_start_at(offset, now_ms);
  }
  const auto steps = [&]() -> outcome<removal_job> {
    OTTLA_TRY(note_truncation(offset));
    // The newest segments go first: a crash in between leaves a log without a gap.
    size_t keep = segment_index_of(offset - 1) + 1;
    removal_job removal;
    while (segments_.size() > keep) {
      auto dropped = drop_segments(segments_.size() - 1, segments_.size());
      if (!dropped) return dropped;
      removal.paths.insert(removal.paths.end(), dropped->paths.begin(), dropped->paths.end());
    }
    auto cut = active().find(offset);
    if (!cut) return std::move(cut.error());
    log_end_ = offset;
    if (*cut) {
      log_end_ = std::min(offset, (*cut)->base_offset());
      OTTLA_TRY(active().truncate((*cut)->position, log_end_, options_.index_interval_bytes));
      // What was cut must not come back after a power cut, behind newer batches.
      auto opened = active().open_file();
      if (!opened) return std::move(opened.error());
      OTTLA_TRY((*opened)->sync());
    } else if (active().size_bytes() > 0) {
      OTTLA_TRY(active().walk_tail(options_.index_interval_bytes, batch_check::header));
    }
    recovery_point_ = std::min(recovery_point_, log_end_);
    flushable_ = log_end_;
    log_start_ = std::min(log_start_, log_end_);
    epochs_.truncate_from_end(log_end_);
    OTTLA_TRY(save_epochs());
    OTTLA_TRY(remove_snapshots(log_end_ + 1, INT64_MAX));
    OTTLA_TRY(handles_.disk().sync_directory(directory_));
    OTTLA_TRY(reload_producers(now_ms));
    if (!dirty_since_) dirty_since_ = now_ms;
    directory_dirty_ = true;
    return removal;
  };
  auto done = steps();
  if (!done) broken_ = done.error();  // half cut: only recovery knows what is left
  return done;
}

outcome<removal_job> partition_log::truncate_fully_and_start_at(log_offset offset,
                                                                timestamp_ms now_ms) {
  if (broken_) return *broken_;
  const auto steps = [&]() -> outcome<removal_job> {
    OTTLA_TRY(note_truncation(offset));
    removal_job removal;
    while (!segments_.empty()) {
      auto dropped = drop_segments(segments_.size() - 1, segments_.size());
      if (!dropped) return dropped;
      removal.paths.insert(removal.paths.end(), dropped->paths.begin(), dropped->paths.end());
    }
    OTTLA_TRY(add_segment(offset, now_ms));
    OTTLA_TRY(remove_snapshots(0, INT64_MAX));
    OTTLA_TRY(handles_.disk().sync_directory(directory_));
    log_start_ = log_end_ = recovery_point_ = flushable_ = offset;
    last_snapshot_ = -1;
    epochs_.clear();
    producers_.clear();
    report_.quarantined.clear();
    OTTLA_TRY(save_quarantine());
    OTTLA_TRY(save_epochs());
    return removal;
  };
  auto done = steps();
  if (!done) broken_ = done.error();
  return done;
}

outcome<void> partition_log::advance_log_start(log_offset offset) {
  if (offset > log_end_) {
    return fault{error_code::offset_out_of_range,
                 fmt::format("offset {} is beyond the end {}", offset, log_end_)};
  }
  if (offset <= log_start_) return {};
  log_start_ = offset;
  epochs_.truncate_from_start(offset);
  if (auto saved = save_epochs(); !saved) (void)survive(std::move(saved.error()));  // only a cache
  return {};
}

outcome<size_t> partition_log::segments_to_delete(timestamp_ms now_ms, log_offset deletable_below) {
  int64_t excess_bytes = options_.retention_bytes < 0 ? 0 : size_bytes() - options_.retention_bytes;
  size_t count = 0;
  for (; count < segments_.size(); ++count) {
    segment& candidate = *segments_[count];
    const log_offset end = end_of_segment(count);
    const bool is_active = count + 1 == segments_.size();
    if (end > deletable_below || (is_active && candidate.is_empty())) break;
    const bool below_start = end <= log_start_;
    bool by_policy = false;
    if (options_.cleanup_delete) {
      auto largest = candidate.max_timestamp();
      if (!largest) return std::move(largest.error());
      const auto age_from = largest->timestamp >= 0 ? largest->timestamp : candidate.created_ms();
      const bool too_old = options_.retention_ms >= 0 && now_ms - age_from > options_.retention_ms;
      const bool too_much = options_.retention_bytes >= 0 && excess_bytes >= candidate.size_bytes();
      by_policy = too_old || too_much;
    }
    if (!below_start && !by_policy) break;
    excess_bytes -= candidate.size_bytes();
  }
  return count;
}

outcome<removal_job> partition_log::delete_segments(size_t count, timestamp_ms now_ms) {
  OTTLA_ASSERT(count <= segments_.size());
  if (broken_) return *broken_;
  if (count == 0) return removal_job{};
  if (count == segments_.size()) {
    auto rolled = roll(now_ms);  // a full disk has no room for a new segment: the others go
    if (broken_) return std::move(rolled.error());
  }
  auto removal = drop_segments(0, std::min(count, segments_.size() - 1));
  if (!removal) {
    (void)survive(removal.error());
    return removal;
  }
  log_start_ = std::max(log_start_, segments_.front()->base_offset());
  epochs_.truncate_from_start(log_start_);
  std::erase_if(report_.quarantined, [&](const auto& bad) {
    return bad.segment_base < segments_.front()->base_offset();
  });
  // None of this may keep the removal, which makes room, from happening.
  for (auto done :
       {save_quarantine(), save_epochs(), remove_snapshots(0, segments_.front()->base_offset())}) {
    if (!done) (void)survive(std::move(done.error()));
  }
  return removal;
}

outcome<removal_job> partition_log::replace_segments(log_offset first, log_offset last,
                                                     timestamp_ms now_ms) {
  if (broken_) return *broken_;
  const size_t from = segment_index_of(first);
  const size_t to = segment_index_of(last) + 1;
  OTTLA_ASSERT(to < segments_.size() && segments_[from]->base_offset() == first);
  const auto steps = [&]() -> outcome<removal_job> {
    auto cleaned = std::make_unique<segment>(handles_, directory_, first, log_file_suffix::cleaned);
    auto loaded = cleaned->load(now_ms);
    if (!loaded) return std::move(loaded.error());
    auto& disk = handles_.disk();
    auto swapped = cleaned->rename_files(directory_, log_file_suffix::swap);
    if (!swapped) return std::move(swapped.error());
    OTTLA_TRY(disk.sync_directory(directory_));  // from here on recovery finishes the switch
    auto removal = drop_segments(from, to);
    if (!removal) return removal;
    auto renamed = cleaned->rename_files(directory_, log_file_suffix::none);
    if (!renamed) return std::move(renamed.error());
    segments_.insert(segments_.begin() + static_cast<std::ptrdiff_t>(from), std::move(cleaned));
    return removal;
  };
  auto done = steps();
  if (!done) broken_ = done.error();
  return done;
}

outcome<void> removal_job::run(file_system& disk) const {
  std::optional<fault> first;
  for (const auto& path : paths) {
    auto removed = disk.remove_file(path);
    if (!removed && removed.error().code != error_code::resource_not_found && !first) {
      first = std::move(removed.error());
    }
  }
  if (first) return std::move(*first);
  return {};
}

}  // namespace ottla
