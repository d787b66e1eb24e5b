// The half of a log actor that replication needs: agreeing with another log, and copying it.
#include "actors/storage/log_actor.hpp"

namespace ottla {

/// Whether the reader's last epoch is unknown here, or ended before where it wants to read on.
std::optional<epoch_end> log_actor::divergence(const log_read& wanted) const {
  if (wanted.last_fetched_epoch < 0 || wanted.from < log_->log_start()) return std::nullopt;
  const auto ours = log_->epoch_end_offset(wanted.last_fetched_epoch);
  if (ours.epoch == wanted.last_fetched_epoch && ours.end_offset >= wanted.from) {
    return std::nullopt;
  }
  if (ours.epoch < 0) return epoch_end{no_leader_epoch, log_->log_start()};
  return epoch_end{ours.epoch, ours.end_offset};
}

log_facts log_actor::follow() {
  log_->forget_empty_epochs();
  return facts();
}

log_appended log_actor::append_fetched(const log_append_fetched& fetched) {
  if (failed_) return refuse({error_code::kafka_storage_error, "the log is offline", 0});
  const auto before_bytes = log_->stats().bytes_appended;
  auto answer = log_->append_as_follower(fetched.batches, time().wall_ms());
  if (auto* rejected = std::get_if<batch_rejection>(&answer)) {
    note_breakage();
    return refuse({rejected->error, std::move(rejected->message), 0});
  }
  log_appended ended{.log_end_offset = log_->log_end(),
                     .flushed_offset = log_->recovery_point(),
                     .latest_epoch = log_->latest_epoch()};
  ended.result.log_start_offset = log_->log_start();
  ended.appended_bytes = static_cast<int64_t>(log_->stats().bytes_appended - before_bytes);
  dirty_bytes_ += ended.appended_bytes;
  flush_if_due();
  return ended;
}

log_facts log_actor::truncate(const log_truncate& wanted) {
  const epoch_and_end theirs{wanted.leader_end.epoch, wanted.leader_end.end_offset};
  const auto parts_at = log_->parting_offset(theirs);
  if (parts_at < wanted.keep_below) {
    auto now = facts();
    now.error = error_code::corrupt_message;
    return now;
  }
  log_->forget_empty_epochs();
  return cut_ended(log_->truncate_to(parts_at, time().wall_ms()));
}

log_facts log_actor::restart_at(log_offset offset) {
  return cut_ended(log_->truncate_fully_and_start_at(offset, time().wall_ms()));
}

log_facts log_actor::cut_ended(outcome<removal_job> removal) {
  auto now = facts();
  if (!removal) {
    note_breakage();
    now.error = removal.error().code;
    return now;
  }
  if (!removal->paths.empty()) remove_later(std::move(*removal));
  tell_progress();
  flush_if_due();
  return now;
}

}  // namespace ottla
