#include "actors/storage/cleaner_actor.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <chrono>
#include <utility>

#include "actors/runtime/log.hpp"

namespace ottla {
namespace {

constexpr int64_t map_bytes_min = 1 << 20;

}  // namespace

cleaner_actor::cleaner_actor(caf::actor_config& config, unit& works_for,
                             std::array<uint64_t, 2> hash_seed)
    : pinned(config, works_for), hash_seed_(hash_seed) {}

cleaner_actor::behavior_type cleaner_actor::make_behavior() {
  return {
      [this](clean_logs& wanted) { return clean(wanted); },
      [this](const clean_step&) { step(); },
  };
}

void cleaner_actor::on_exit() {
  if (job_) job_->cancel();
  job_.reset();
  due_.clear();
  for (auto& promise : std::exchange(promises_, {})) promise.deliver(std::move(cleaned_));
}

caf::result<logs_cleaned> cleaner_actor::clean(clean_logs& wanted) {
  auto promise = make_response_promise<logs_cleaned>();
  promises_.push_back(promise);
  settings_ = wanted.settings;
  plans_waiting_ += wanted.candidates.size() + 1;
  for (auto& log : wanted.candidates) {
    this->request(log.partition, caf::infinite, plan_compaction_of_log{log.clean_point, 0})
        .then([=, this](const compaction_planned& answer) { planned(log, answer); },
              [this](const caf::error&) { planned_one(); });
  }
  planned_one();
  return promise;
}

void cleaner_actor::planned(const clean_candidate& log, const compaction_planned& answer) {
  if (answer.failure)
    log::warn("cleaner", "a log cannot be looked at: {}", answer.failure->message);
  else if (answer.is_due && !is_due(log.key))
    due_.push_back({log, answer.plan});
  if (answer.plan.look_again_ms) cleaned_.waiting.push_back({log.key, *answer.plan.look_again_ms});
  planned_one();
}

/// Whether the log waits its turn or is in work, after an earlier question: one plan at a time.
bool cleaner_actor::is_due(const topic_id_partition& which) const {
  return std::any_of(due_.begin(), due_.end(),
                     [&](const candidate& each) { return each.log.key == which; });
}

void cleaner_actor::planned_one() {
  if (--plans_waiting_ > 0 || is_busy_) return;
  std::sort(due_.begin(), due_.end(), [](const candidate& a, const candidate& b) {
    return a.plan.dirty_ratio() > b.plan.dirty_ratio();
  });
  next();
}

void cleaner_actor::next() {
  is_busy_ = !due_.empty();
  if (!is_busy_) {
    if (plans_waiting_ > 0) return;  // somebody has asked meanwhile and shares the answer
    for (auto& promise : std::exchange(promises_, {})) promise.deliver(cleaned_);
    cleaned_ = {};
    return;
  }
  const auto& front = due_.front();
  compaction_limits limits{.hash_seed = hash_seed_};
  limits.map_bytes = static_cast<size_t>(std::clamp(
      front.plan.dirty_bytes, map_bytes_min, std::max(settings_.map_bytes_max, map_bytes_min)));
  this->request(front.log.partition, caf::infinite, begin_compaction{front.plan, limits})
      .then(
          [this](const compaction_begun& begun) {
            job_ = begun.job;
            if (job_) return step();
            due_.pop_front();
            next();
          },
          [this](const caf::error&) {
            due_.pop_front();
            next();
          });
}

void cleaner_actor::step() {
  if (!job_) return;
  const auto bytes_before = job_->stats().bytes_read + job_->stats().bytes_written;
  auto progress = job_->step();
  if (!progress) {
    log::warn("cleaner", "a compaction ended early: {}", progress.error().message);
    job_->cancel();
    job_.reset();
    due_.pop_front();
    return next();
  }
  switch (*progress) {
    case compaction::progress::done:
      return finish_log();
    case compaction::progress::swap_ready:
      return swap_in();
    case compaction::progress::working:
      break;
  }
  const auto wait_ms = pause_ms(bytes_before);
  if (wait_ms == 0)
    this->send(this, clean_step{});
  else
    this->delayed_send(this, std::chrono::milliseconds{wait_ms}, clean_step{});
}

/// log.cleaner.io.max.bytes.per.second.
int64_t cleaner_actor::pause_ms(int64_t bytes_before) const {
  if (settings_.bytes_per_second_max <= 0) return 0;
  const auto moved = job_->stats().bytes_read + job_->stats().bytes_written - bytes_before;
  return static_cast<int64_t>(static_cast<double>(moved) * 1000 / settings_.bytes_per_second_max);
}

void cleaner_actor::swap_in() {
  auto ended = [this](const std::optional<fault>& failure) {
    if (!failure) return step();
    log::warn("cleaner", "a compacted segment was not put in place: {}", failure->message);
    job_.reset();
    due_.pop_front();
    next();
  };
  this->request(due_.front().log.partition, caf::infinite, swap_compaction{job_})
      .then([=](const compaction_swapped& swapped) { ended(swapped.failure); },
            [=](const caf::error&) {
              ended(fault{error_code::kafka_storage_error, "the log is gone", 0});
            });
}

void cleaner_actor::finish_log() {
  if (const auto kept = job_->stats().batches_unreadable; kept > 0) {
    log::warn("cleaner", "{}: {} batches cannot be read by record and stay uncompacted",
              job_->directory(), kept);
  }
  cleaned_.cleaned.push_back({due_.front().log.key, job_->cleaned_up_to()});
  job_.reset();
  due_.pop_front();
  next();
}

}  // namespace ottla
