// How a partition_log reaches the disk for good: flush jobs, snapshots, rest and close.
#include <algorithm>

#include "storage/partition_log.hpp"

namespace ottla {

outcome<void> flush_job::run(file_system& disk) const {
  for (const auto& each : files) OTTLA_TRY(each->sync());
  if (!directory.empty()) OTTLA_TRY(disk.sync_directory(directory));
  return {};
}

outcome<flush_job> partition_log::flush_target() {
  if (broken_) return *broken_;
  flush_job job;
  job.up_to = flushable_ = log_end_;
  auto collected = collect_files(job);
  if (!collected) return survive(std::move(collected.error())).error();
  unsynced_snapshots_.clear();
  if (directory_dirty_) job.directory = directory_;
  epochs_dirty_ = directory_dirty_ = false;  // a job that fails breaks the log
  return job;
}

outcome<void> partition_log::collect_files(flush_job& job) {
  const auto take = [&](const std::string& path) -> outcome<void> {
    auto opened = handles_.disk().open(path, open_mode::read_write);
    if (!opened && opened.error().code == error_code::resource_not_found) return {};
    if (!opened) return std::move(opened.error());
    job.files.push_back(std::move(*opened));
    return {};
  };
  if (recovery_point_ < log_end_) {
    const size_t last = segments_.size() - 1;
    // From the segment before: it may have been closed, indexes and all, after the last flush.
    for (size_t i = segment_index_of(recovery_point_ - 1); i <= last; ++i) {
      if (i == last) {
        auto opened = active().open_file();
        if (!opened) return std::move(opened.error());
        job.files.push_back(std::move(*opened));
        break;
      }
      for (const auto& path : segments_[i]->paths()) OTTLA_TRY(take(path));
    }
  }
  if (epochs_dirty_) OTTLA_TRY(take(inside(leader_epoch_name)));
  for (const auto& path : unsynced_snapshots_) OTTLA_TRY(take(path));
  return {};
}

void partition_log::flushed_to(log_offset offset) {
  ++stats_.flushes;
  // After a truncation the job does not cover what was written in the place of the old records.
  recovery_point_ = std::max(recovery_point_, std::min(offset, flushable_));
  if (recovery_point_ == log_end_) dirty_since_.reset();
  forget_truncation();
}

void partition_log::flush_failed(fault why) {
  broken_ = std::move(why);
}

outcome<void> partition_log::flush() {
  auto job = flush_target();
  if (!job) return std::move(job.error());
  if (job->empty()) return {};
  auto done = job->run(handles_.disk());
  if (!done) {
    flush_failed(done.error());
    return done;
  }
  flushed_to(job->up_to);
  return {};
}

std::optional<timestamp_ms> partition_log::flush_deadline() const {
  if (!dirty_since_ || options_.flush_ms > INT64_MAX - *dirty_since_) return std::nullopt;
  return *dirty_since_ + options_.flush_ms;
}

outcome<void> partition_log::rest() {
  for (const auto& each : segments_) OTTLA_TRY(each->rest());
  return {};
}

outcome<void> partition_log::sync_files(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    auto opened = handles_.disk().open(path, open_mode::read_write);
    if (!opened && opened.error().code == error_code::resource_not_found) continue;
    if (!opened) return std::move(opened.error());
    OTTLA_TRY((*opened)->sync());
  }
  return {};
}

outcome<void> partition_log::close_cleanly() {
  if (broken_) return *broken_;
  OTTLA_TRY(take_snapshot());
  OTTLA_TRY(save_epochs());
  OTTLA_TRY(active().write_indexes());
  OTTLA_TRY(flush());
  if (stats_.batches_appended > 0) OTTLA_TRY(sync_files(active().index_paths()));
  return rest();
}

}  // namespace ottla
