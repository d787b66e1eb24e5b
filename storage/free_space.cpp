#include "storage/free_space.hpp"

#include <algorithm>
#include <limits>

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
  // Writes will say what is wrong with a disk that cannot be measured.
  free_ = space ? space->free_bytes : std::numeric_limits<int64_t>::max();
  reserve_ = std::min(wanted_reserve_, space ? space->total_bytes / 10 : 0);
}

free_space::verdict free_space::ask(int64_t bytes, int64_t mono_ms) {
  if (wanted_reserve_ == 0) return {};
  std::lock_guard lock{mutex_};
  const int64_t age_ms = mono_ms - measured_ms_;
  if (state_ == state::reserved) {
    if (age_ms >= measure_every_ms) measure(mono_ms);
    if (free_ < reserve_ + reserve_ / 2 || free_ - bytes < reserve_) return {false, change::none};
    state_ = state::roomy;
    unmeasured_ += bytes;
    return {true, change::freed};
  }
  // Others write to the disk as well, and may have filled it a moment ago: never grant a large part
  // of the reserve without a look.
  const bool is_much = unmeasured_ + bytes > reserve_ / 4;
  if (age_ms >= measure_every_ms || is_much) measure(mono_ms);
  unmeasured_ += bytes;
  if (free_ - unmeasured_ >= reserve_) return {};
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
