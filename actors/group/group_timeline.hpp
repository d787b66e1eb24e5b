// The last things that happened to a group, for logs and the dashboard: each rebalance with its
// reason, in the member's own words where it gave one (KIP-800).
//
// Bounded; the oldest entry goes first. Not thread-safe: owned by one group_state.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "protocol/types.hpp"

namespace ottla {

enum class group_event_kind : uint8_t {
  rebalance_started,
  generation_formed,  ///< All answers to joins are out; the leader computes the assignment.
  stable,             ///< The assignment is stored and handed out.
  emptied,
  member_left,
  member_expired,
  write_failed,
};

struct group_event {
  timestamp_ms when = no_timestamp;
  group_event_kind kind = group_event_kind::rebalance_started;
  int32_t generation = 0;
  int32_t members = 0;
  std::string reason;
};

class group_timeline {
public:
  static constexpr size_t capacity = 64;

  void add(group_event event) {
    if (events_.size() == capacity) events_.pop_front();
    events_.push_back(std::move(event));
  }
  /// Oldest first.
  [[nodiscard]] const std::deque<group_event>& events() const { return events_; }

private:
  std::deque<group_event> events_;
};

}  // namespace ottla
