// Answers that wait for an offset to become safe.
//
// The leader parks the answer to an acks=all produce here until the high watermark passes the batch
// or its deadline passes. Not thread-safe: owned by one partition actor. Knows nothing about
// actors, so it is tested directly.
#pragma once

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/types.hpp"

namespace ottla {

template <class Reply>
class pending_acks {
public:
  /// Keeps `reply` until release() is called with a high watermark above `last_offset`, or
  /// expire() with a time at or after `deadline_ms`. Offsets rise, but for retried batches, which
  /// have those of the first attempt.
  void park(log_offset last_offset, int64_t deadline_ms, Reply reply) {
    auto place = std::upper_bound(
        waiting_.begin(), waiting_.end(), last_offset,
        [](log_offset offset, const entry& each) { return offset < each.last_offset; });
    waiting_.insert(place, {last_offset, deadline_ms, std::move(reply)});
  }

  /// Hands every reply whose batch lies below `high_watermark` to `deliver`, in offset order.
  template <class Deliver>
  void release(log_offset high_watermark, Deliver deliver) {
    while (!waiting_.empty() && waiting_.front().last_offset < high_watermark) {
      auto reply = std::move(waiting_.front().reply);
      waiting_.pop_front();
      deliver(std::move(reply));
    }
  }

  /// Takes out every reply whose deadline has passed.
  [[nodiscard]] std::vector<Reply> expire(int64_t now_ms) {
    std::vector<Reply> late;
    std::deque<entry> kept;
    for (auto& each : waiting_) {
      if (each.deadline_ms <= now_ms)
        late.push_back(std::move(each.reply));
      else
        kept.push_back(std::move(each));
    }
    waiting_.swap(kept);
    return late;
  }

  /// Takes out everything, for a change of leader or a failed log: those producers must retry.
  [[nodiscard]] std::vector<Reply> drain() {
    std::vector<Reply> all;
    for (auto& each : waiting_) all.push_back(std::move(each.reply));
    waiting_.clear();
    return all;
  }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] size_t size() const { return waiting_.size(); }

  /// The earliest deadline; only while not empty.
  [[nodiscard]] int64_t next_deadline_ms() const {
    OTTLA_ASSERT(!waiting_.empty());
    int64_t earliest = waiting_.front().deadline_ms;
    for (const auto& each : waiting_) earliest = std::min(earliest, each.deadline_ms);
    return earliest;
  }

private:
  struct entry {
    log_offset last_offset;
    int64_t deadline_ms;
    Reply reply;
  };
  std::deque<entry> waiting_;
};

}  // namespace ottla
