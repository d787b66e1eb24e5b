// The part of the supervisor that looks after open partitions: checkpoints, retention, cleaning,
// scrubbing.
#include <algorithm>
#include <caf/send.hpp>
#include <cstdlib>
#include <ranges>
#include <utility>

#include "actors/broker/broker_actor.hpp"
#include "actors/runtime/log.hpp"

namespace ottla {
namespace {

constexpr int64_t clock_jump_max_ms = 600'000;

}  // namespace

/// Saves what a restart should know of the partitions that have moved since the last time.
void broker_actor::save_dirty() {
  checkpoint_timer_ = {};
  struct collected {
    std::vector<std::pair<topic_id_partition, partition_description>> facts;
    size_t left = 1;  // for this function
  };
  auto all = std::make_shared<collected>();
  auto one_done = [=, this] {
    if (--all->left > 0) return;
    std::map<size_t, save_checkpoints> by_directory;
    for (const auto& [key, facts] : all->facts) {
      // One that was deleted meanwhile may have a successor of the same name.
      auto known = partitions_.find(key);
      if (known == partitions_.end() || known->second.state != phase::open) continue;
      // And one that has moved has told more to its new directory.
      if (facts.log_directory != setup_.directories[known->second.directory].path) continue;
      auto& checkpoints = by_directory[known->second.directory];
      checkpoints.recovery_points[facts.which] = facts.flushed_offset;
      checkpoints.log_starts[facts.which] = facts.log_start_offset;
      checkpoints.high_watermarks[facts.which] = facts.high_watermark;
    }
    for (auto& [directory, checkpoints] : by_directory) {
      if (setup_.directories[directory].is_offline) continue;
      caf::anon_send(setup_.directories[directory].owner, std::move(checkpoints));
    }
  };
  for (const auto& key : std::exchange(dirty_, {})) {
    auto known = partitions_.find(key);
    if (known == partitions_.end() || known->second.state != phase::open) continue;
    ++all->left;
    this->request(known->second.actor, caf::infinite, query_partition{.for_checkpoint = true})
        .then(
            [=](const partition_description& facts) {
              all->facts.emplace_back(key, facts);
              one_done();
            },
            [=](const caf::error&) { one_done(); });
  }
  one_done();
}

/// Whether the wall clock has gone on as the monotonic one since the last time. If it jumped, age
/// says nothing for a while: an hour ahead must not delete an hour of records.
bool broker_actor::clocks_agree() {
  const auto ahead_ms = time().wall_ms() - time().mono_ms();
  const auto before_ms = std::exchange(wall_ahead_ms_, ahead_ms);
  if (!before_ms || std::abs(ahead_ms - *before_ms) <= clock_jump_max_ms) return true;
  log::warn("broker", "the clock has jumped by {} s: nothing is deleted by age this time",
            (ahead_ms - *before_ms) / 1000);
  return false;
}

void broker_actor::maintain_all() {
  maintain_timer_ = arm_timer(setup_.config->get()->retention_check_interval_ms, maintain_token);
  if (!clocks_agree()) return;
  for (const auto& [key, partition] : partitions_) {
    if (partition.state != phase::open) continue;
    caf::anon_send(partition.actor, maintain_partition{});
    want_cleaning(key);  // time alone can make a log due
  }
}

void broker_actor::want_cleaning(const topic_id_partition& which) {
  if (is_stopping_ || !config_->cleaner_enabled) return;
  auto known = partitions_.find(which);
  if (known == partitions_.end() || !known->second.replica.assignment.config.cleanup_compact)
    return;
  to_clean_.insert(which);
  if (!clean_timer_) clean_timer_ = arm_timer(config_->cleaner_backoff_ms, clean_token);
}

void broker_actor::clean() {
  clean_timer_ = {};
  clean_logs wanted{.settings = {.map_bytes_max = config_->cleaner_dedupe_buffer_bytes,
                                 .bytes_per_second_max = config_->cleaner_io_max_bytes_per_second}};
  for (const auto& key : std::exchange(to_clean_, {})) {
    auto known = partitions_.find(key);
    if (known == partitions_.end() || known->second.state != phase::open) continue;
    if (moves_.contains(key)) continue;  // maintain_all() asks again
    cleaning_.insert(key);
    auto point = setup_.clean_points.find(known->second.replica.name);
    wanted.candidates.push_back(
        {key, known->second.actor, point == setup_.clean_points.end() ? 0 : point->second});
  }
  if (wanted.candidates.empty()) return;
  ++cleanings_;
  this->request(setup_.cleaner, caf::infinite, std::move(wanted))
      .then(
          [this](const logs_cleaned& result) {
            cleaned(result);
            cleaner_answered();
          },
          [this](const caf::error&) { cleaner_answered(); });
}

void broker_actor::cleaner_answered() {
  if (--cleanings_ > 0) return;
  cleaning_.clear();
  begin_waiting_moves();
}

void broker_actor::cleaned(const logs_cleaned& result) {
  std::map<size_t, save_checkpoints> by_directory;
  for (const auto& each : result.cleaned) {
    auto known = partitions_.find(each.key);
    if (known == partitions_.end()) continue;
    const auto& name = known->second.replica.name;
    setup_.clean_points[name] = each.clean_point;
    by_directory[known->second.directory].clean_points[name] = each.clean_point;
  }
  for (auto& [directory, points] : by_directory) {
    caf::anon_send(setup_.directories[directory].owner, std::move(points));
  }
  for (const auto& each : result.waiting) clean_later(each);
}

/// Looks at it again when time may have made it due; what is far off is left to maintain_all().
void broker_actor::clean_later(const waiting_log& log) {
  const auto delay_ms = log.look_again_ms - time().wall_ms();
  if (delay_ms <= config_->cleaner_backoff_ms) return want_cleaning(log.key);
  if (delay_ms >= config_->retention_check_interval_ms) return;
  clean_later_ms_[log.key] = time().mono_ms() + delay_ms;
  arm_clean_later();
}

void broker_actor::arm_clean_later() {
  cancel_timer(clean_later_timer_);
  if (clean_later_ms_.empty() || is_stopping_) return;
  const auto first = std::ranges::min(clean_later_ms_ | std::views::values);
  clean_later_timer_ = arm_timer(std::max<int64_t>(first - time().mono_ms(), 1), clean_later_token);
}

void broker_actor::clean_what_is_late() {
  const auto now_ms = time().mono_ms();
  std::erase_if(clean_later_ms_, [&](const auto& each) {
    if (each.second > now_ms) return false;
    want_cleaning(each.first);
    return true;
  });
  arm_clean_later();
}

void broker_actor::note_log_start(const log_progressed& progressed) {
  auto known = partitions_.find(progressed.which);
  if (known == partitions_.end()) return;
  auto& start = known->second.log_start_offset;
  start = std::max(start, progressed.log_start_offset);
}

/// Every partition that was there before this run is open, or has failed.
void broker_actor::settled() {
  forget_storage_errors_recovered();
  for (const auto& crew : setup_.directories) caf::anon_send(crew.owner, sweep_leftovers{});
  if (setup_.scrub_first) return scrub();
  arm_scrub_timer();
}

void broker_actor::scrub() {
  scrub_timer_ = {};
  if (is_stopping_) return;
  scrub_logs wanted{.bytes_per_second_max = config_->scrub_bytes_per_second_max};
  for (const auto& [key, partition] : partitions_) {
    if (partition.state == phase::open) wanted.partitions.push_back(partition.actor);
  }
  caf::anon_send(setup_.scrubber, std::move(wanted));
  arm_scrub_timer();
}

void broker_actor::arm_scrub_timer() {
  if (config_->scrub_interval_ms > 0) {
    scrub_timer_ = arm_timer(config_->scrub_interval_ms, scrub_token);
  }
}

}  // namespace ottla
