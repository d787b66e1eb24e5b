#include "storage/free_space.hpp"

#include <algorithm>

namespace ottla {
namespace {

constexpr int64_t measure_every_ms = 100;
/// A nearly full disk takes small batches and refuses large ones: not every change is news.
constexpr int64_t roomy_after_ms = 5'000;

}  // namespace

void free_space::measure(int64_t mono_ms) {
  measured_ms_ = mono_ms;
  unmeasured_ = 0;
  auto space = disk_.space(path_);
  if (!space) return;  // writes will say what is wrong with the disk
  free_ = space->free_bytes;
  reserve_ = std::min(wanted_reserve_, space->total_bytes / 10);
}

free_space::verdict free_space::ask(int64_t bytes, int64_t mono_ms) {
  if (wanted_reserve_ == 0) return {};
  std::lock_guard lock{mutex_};
  const int64_t age_ms = mono_ms - measured_ms_;
  if (state_ == state::reserved) {
    if (age_ms >= measure_every_ms) measure(mono_ms);
    if (free_ < reserve_ + reserve_ / 2) return {false, change::none};
    state_ = state::roomy;
    return {true, change::freed};
  }
  unmeasured_ += bytes;
  // Others write to the disk as well: look again before half of what is left can be used up.
  if (age_ms >= measure_every_ms || unmeasured_ > (free_ - reserve_) / 2) measure(mono_ms);
  if (free_ >= reserve_) return {};
  const bool is_news = state_ == state::roomy;
  state_ = state::reserved;
  return {false, is_news ? change::filled : change::none};
}

free_space::change free_space::found_full(int64_t mono_ms) {
  std::lock_guard lock{mutex_};
  full_ms_ = mono_ms;
  if (state_ != state::roomy) return change::none;
  state_ = state::full;
  return change::filled;
}

free_space::change free_space::wrote(int64_t mono_ms) {
  std::lock_guard lock{mutex_};
  if (state_ != state::full || mono_ms - full_ms_ < roomy_after_ms) return change::none;
  state_ = state::roomy;
  return change::freed;
}

}  // namespace ottla
