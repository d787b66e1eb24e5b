// Answers in the order of their requests, however they were finished.
//
// Also the books of what a connection has in flight. Plain, one per session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/gather_list.hpp"

namespace ottla {

class reply_queue {
public:
  /// A place for the answer to the request of `request_bytes` read next.
  uint64_t open(int64_t request_bytes) {
    in_flight_bytes_ += request_bytes;
    ++unanswered_;
    places_.push_back({request_bytes, false, {}});
    return first_ + places_.size() - 1;
  }

  /// The whole answer; empty if the request has none.
  void answer(uint64_t sequence, gather_list frame) {
    OTTLA_ASSERT(sequence >= first_ && sequence - first_ < places_.size());
    auto& mine = places_[sequence - first_];
    OTTLA_ASSERT(!mine.answered);
    mine.answered = true;
    mine.frame = std::move(frame);
    in_flight_bytes_ -= mine.request_bytes;
    --unanswered_;
  }

  /// Appends to `out` all answers whose turn has come.
  void take_ready(gather_list& out) {
    while (!places_.empty() && places_.front().answered) {
      auto& frame = places_.front().frame;
      out.insert(out.end(), std::make_move_iterator(frame.begin()),
                 std::make_move_iterator(frame.end()));
      places_.pop_front();
      ++first_;
    }
  }

  [[nodiscard]] size_t unanswered() const { return unanswered_; }
  [[nodiscard]] int64_t in_flight_bytes() const { return in_flight_bytes_; }
  /// Requests whose answers have not been taken.
  [[nodiscard]] size_t size() const { return places_.size(); }

private:
  struct place {
    int64_t request_bytes = 0;
    bool answered = false;
    gather_list frame;
  };

  uint64_t first_ = 0;  // sequence of places_.front()
  std::deque<place> places_;
  size_t unanswered_ = 0;
  int64_t in_flight_bytes_ = 0;
};

}  // namespace ottla
