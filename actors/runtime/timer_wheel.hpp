// Deadlines by the thousand: a hierarchical timing wheel of seven levels with 64 slots each.
//
// arm() and cancel() cost the same however many timers there are; an entry moves down at most six
// times before it is due. Knows no clock: the owner says what time it is. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"

namespace ottla {

/// Names an armed timer; never reused, so that a late cancel() does no harm. Zero: none.
struct timer_id {
  uint64_t value = 0;

  explicit operator bool() const { return value != 0; }
  friend bool operator==(const timer_id&, const timer_id&) = default;
};

inline constexpr timer_id no_timer{};

template <class Payload>
class timer_wheel {
public:
  /// `now_ms` is the earliest time that will ever be named; from 0 to some 69 years.
  explicit timer_wheel(int64_t now_ms) : now_ms_(now_ms) {
    OTTLA_ASSERT(now_ms >= 0 && now_ms < (int64_t{1} << 41));
    for (auto& level : slots_) level.fill(none);
  }

  /// Keeps `payload` until `due_ms`. A time that expire() has passed is due one millisecond after
  /// it; one more than 34 years away is due then.
  timer_id arm(int64_t due_ms, Payload payload) {
    const uint32_t at = take_entry();
    auto& made = entries_[at];
    made.due_ms = std::clamp(due_ms, now_ms_ + 1, now_ms_ + horizon_ms);
    made.payload = std::move(payload);
    link(at);
    ++armed_;
    return {(uint64_t{made.generation} << 32) | (at + 1)};
  }

  /// Whether the timer was still armed.
  bool cancel(timer_id id) {
    const auto at = static_cast<uint32_t>(id.value) - 1;
    if (!id || at >= entries_.size()) return false;
    if (entries_[at].generation != id.value >> 32 || !entries_[at].armed) return false;
    unlink(at);
    release(at);
    return true;
  }

  /// Hands the payload of every timer due at or before `now_ms` to `due`, in the order of their
  /// times. `due` may arm and cancel.
  template <class Function>
  void expire(int64_t now_ms, Function&& due) {
    for (auto next = next_wake_ms(); next && *next <= now_ms; next = next_wake_ms()) {
      now_ms_ = *next;
      const int level = lowest_level();
      auto& slot = slots_[level][slot_of(now_ms_, level)];
      while (slot != none) {
        const uint32_t at = slot;
        unlink(at);
        if (entries_[at].due_ms > now_ms_) {
          link(at);
          continue;
        }
        Payload payload = std::move(entries_[at].payload);
        release(at);
        due(std::move(payload));
      }
    }
    now_ms_ = std::max(now_ms_, now_ms);
  }

  /// When expire() next has something to do: never later than the first timer's time, sometimes
  /// earlier, because far timers have to be sorted again. Nothing if no timer is armed.
  [[nodiscard]] std::optional<int64_t> next_wake_ms() const {
    const int level = lowest_level();
    if (level == levels) return std::nullopt;
    const int shift = slot_bits * level;
    const int64_t turn = (now_ms_ >> (shift + slot_bits)) << (shift + slot_bits);
    return turn | (int64_t{std::countr_zero(occupied_[level])} << shift);
  }

  [[nodiscard]] size_t size() const { return armed_; }
  [[nodiscard]] bool empty() const { return armed_ == 0; }

private:
  // An entry lives at the level of the highest bit in which its time differs from now. So all
  // entries of a level come before those of the next, and within a level the slots are in order.
  static constexpr int levels = 7;
  static constexpr int slot_bits = 6;
  static constexpr int64_t horizon_ms = int64_t{1} << 40;
  static constexpr uint32_t none = UINT32_MAX;

  struct entry {
    int64_t due_ms = 0;
    uint32_t generation = 0;
    uint32_t before = none;
    uint32_t after = none;
    uint8_t level = 0;
    uint8_t slot = 0;
    bool armed = false;
    Payload payload{};
  };

  static uint8_t slot_of(int64_t time_ms, int level) {
    return static_cast<uint8_t>((time_ms >> (slot_bits * level)) & 63);
  }

  [[nodiscard]] int lowest_level() const {
    int level = 0;
    while (level < levels && occupied_[level] == 0) ++level;
    return level;
  }

  uint32_t take_entry() {
    if (free_.empty()) {
      entries_.emplace_back();
      free_.push_back(static_cast<uint32_t>(entries_.size() - 1));
    }
    const uint32_t at = free_.back();
    free_.pop_back();
    ++entries_[at].generation;
    entries_[at].armed = true;
    return at;
  }

  void release(uint32_t at) {
    entries_[at].armed = false;
    entries_[at].payload = Payload{};
    free_.push_back(at);
    --armed_;
  }

  void link(uint32_t at) {
    auto& linked = entries_[at];
    const auto difference = static_cast<uint64_t>(linked.due_ms ^ now_ms_);
    linked.level = static_cast<uint8_t>((std::bit_width(difference) - 1) / slot_bits);
    linked.slot = slot_of(linked.due_ms, linked.level);
    auto& first = slots_[linked.level][linked.slot];
    linked.before = none;
    linked.after = first;
    if (first != none) entries_[first].before = at;
    first = at;
    occupied_[linked.level] |= uint64_t{1} << linked.slot;
  }

  void unlink(uint32_t at) {
    auto& leaving = entries_[at];
    auto& first = slots_[leaving.level][leaving.slot];
    (leaving.before == none ? first : entries_[leaving.before].after) = leaving.after;
    if (leaving.after != none) entries_[leaving.after].before = leaving.before;
    if (first == none) occupied_[leaving.level] &= ~(uint64_t{1} << leaving.slot);
  }

  int64_t now_ms_;
  std::array<uint64_t, levels> occupied_{};
  std::array<std::array<uint32_t, 64>, levels> slots_;
  std::vector<entry> entries_;
  std::vector<uint32_t> free_;
  size_t armed_ = 0;
};

}  // namespace ottla
