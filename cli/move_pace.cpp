#include "cli/move_pace.hpp"

#include <algorithm>

namespace ottla {
namespace {

constexpr int64_t window_ms = 30'000;
constexpr int64_t window_min_ms = 3'000;  ///< A shorter one says little.

}  // namespace

void move_pace::see(int64_t now_ms, int64_t bytes_left) {
  while (seen_.size() > 1 && now_ms - seen_[1].at_ms >= window_ms) seen_.pop_front();
  seen_.push_back({now_ms, bytes_left});
}

std::optional<int64_t> move_pace::bytes_per_second() const {
  if (seen_.empty()) return std::nullopt;
  const auto &first = seen_.front(), &last = seen_.back();
  const auto spent_ms = last.at_ms - first.at_ms;
  if (spent_ms < window_min_ms) return std::nullopt;
  // What producers add meanwhile is copied as well, and is not less to do.
  const auto copied = std::max<int64_t>(first.bytes_left - last.bytes_left, 0);
  return static_cast<int64_t>(static_cast<double>(copied) * 1'000 / static_cast<double>(spent_ms));
}

std::optional<int64_t> move_pace::seconds_left() const {
  const auto pace = bytes_per_second();
  if (!pace || *pace == 0) return std::nullopt;
  return (seen_.back().bytes_left + *pace - 1) / *pace;
}

}  // namespace ottla
