#include "actors/storage/disk_actor.hpp"

namespace ottla {
disk_actor::disk_actor(caf::actor_config& config, unit& works_for,
                       std::shared_ptr<file_handles> handles)
    : pinned(config, works_for), handles_(std::move(handles)) {}

disk_actor::behavior_type disk_actor::make_behavior() {
  return {
      [this](open_logs& wanted) {
        opened_logs opened;
        for (auto& job : wanted.jobs) opened.logs.push_back(open(job));
        return opened;
      },
      [this](const run_flush& wanted) { return disk_done::of(wanted.job.run(handles_->disk())); },
      [](const run_close& wanted) { return disk_done::of(wanted.log->close_cleanly()); },
      [this](const run_removal& wanted) { return disk_done::of(wanted.job.run(handles_->disk())); },
      [](const run_read_ahead& wanted) {
        return disk_done::of(wanted.source->read_ahead(wanted.position, wanted.length));
      },
      [](const run_copy_step& wanted) {
        auto copied = wanted.copy->step();
        return copied ? copy_progress{*copied, std::nullopt}
                      : copy_progress{{}, std::move(copied.error())};
      },
      [](const run_copy_end& wanted) { return disk_done::of(wanted.copy->finish()); },
  };
}

opened_log disk_actor::open(open_log& job) {
  if (job.failure) return {std::move(job.wanted), nullptr, std::move(job.failure)};
  auto log = partition_log::open(*handles_, job.path, job.wanted.options, job.context);
  if (!log) return {std::move(job.wanted), nullptr, std::move(log.error())};
  // What consumers have seen before a crash was flushed, but the checkpoint may not say how far:
  // a flush first, and nobody sees the partition shorter than it was. A failure breaks the log,
  // which its owner notices.
  const bool is_hidden = (*log)->recovery_point() < (*log)->log_end();
  if (job.wanted.level == durability::fsync && is_hidden) (void)(*log)->flush();
  return {std::move(job.wanted), std::shared_ptr<partition_log>{std::move(*log)}, std::nullopt,
          job.high_watermark};
}

}  // namespace ottla
