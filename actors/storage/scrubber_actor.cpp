#include "actors/storage/scrubber_actor.hpp"

#include <caf/send.hpp>
#include <chrono>
#include <utility>

#include "actors/runtime/log.hpp"

namespace ottla {

scrubber_actor::behavior_type scrubber_actor::make_behavior() {
  return {
      [this](scrub_logs& wanted) { begin(wanted); },
      [this](const scrub_step&) { step(); },
  };
}

void scrubber_actor::on_exit() {
  waiting_.clear();
  current_ = nullptr;
  job_.reset();
}

/// A scrub that is still under way covers the new one.
void scrubber_actor::begin(scrub_logs& wanted) {
  if (is_busy_ || wanted.partitions.empty()) return;
  is_busy_ = true;
  bytes_per_second_max_ = wanted.bytes_per_second_max;
  logs_ = wanted.partitions.size();
  bytes_ = 0;
  damaged_ = 0;
  waiting_.assign(std::make_move_iterator(wanted.partitions.begin()),
                  std::make_move_iterator(wanted.partitions.end()));
  next_log();
}

void scrubber_actor::next_log() {
  job_.reset();
  current_ = nullptr;
  if (waiting_.empty()) {
    is_busy_ = false;
    log::info("scrubber", "checked {} logs, {} MiB: {} damaged places", logs_, bytes_ >> 20,
              damaged_);
    return;
  }
  current_ = std::move(waiting_.front());
  waiting_.pop_front();
  this->request(current_, caf::infinite, begin_scrub{})
      .then(
          [this](const scrub_begun& begun) {
            job_ = begun.job;
            if (!job_) return next_log();
            step();
          },
          [this](const caf::error&) { next_log(); });
}

void scrubber_actor::step() {
  if (!job_) return;
  auto made = job_->step();
  if (!made) {
    log::error("scrubber", "{}: {}", job_->directory(), made.error().message);
    return go_on(0);
  }
  bytes_ += made->bytes;
  damaged_ += made->damaged.size();
  for (const auto& range : made->damaged) report(range);
  if (made->done) return next_log();
  go_on(made->bytes);
}

void scrubber_actor::go_on(int64_t bytes) {
  const auto wait_ms = bytes_per_second_max_ > 0 ? bytes * 1000 / bytes_per_second_max_ : 0;
  if (wait_ms == 0)
    this->send(this, scrub_step{});
  else
    this->delayed_send(this, std::chrono::milliseconds{wait_ms}, scrub_step{});
}

void scrubber_actor::report(const quarantined_range& range) {
  this->request(current_, caf::infinite, quarantine_range{range})
      .then(
          [=, this, directory = job_->directory()](const range_quarantined& answer) {
            if (answer.failure) {
              log::error("scrubber", "{}: damage at offset {} cannot be noted: {}", directory,
                         range.first, answer.failure->message);
            }
            if (!answer.is_damaged) return;
            log::error("scrubber",
                       "{}: offsets {} to {} are damaged on disk (segment {}, bytes {} to {}); "
                       "they are not served any more",
                       directory, range.first, range.next - 1, range.segment_base, range.position,
                       range.position + range.length - 1);
          },
          [](const caf::error&) {});
}

}  // namespace ottla
