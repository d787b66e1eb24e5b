#include "actors/runtime/unit.hpp"

#include <algorithm>
#include <caf/send.hpp>

#include "protocol/assert.hpp"

namespace ottla {

unit::unit(uint32_t index, const unit_resources& resources, uint64_t seed)
    : index_(index),
      time_(*resources.time),
      memory_(*resources.memory),
      random_(seed),
      buffers_(buffer_pool::create()),
      timers_(resources.time->mono_ms()) {
  for (size_t i = 0; i < memory_pools; ++i) {
    arenas_[i] = std::make_unique<receive_arena>(*buffers_, memory_, static_cast<memory_pool>(i));
  }
}

receive_arena& unit::arena(memory_pool pool) {
  return *arenas_[static_cast<size_t>(pool)];
}

void unit::release_unused_memory() {
  for (auto& arena : arenas_) arena->release_if_unused();
  buffers_->trim();
}

timer_id unit::arm(int64_t delay_ms, caf::weak_actor_ptr who, uint64_t token) {
  // People write "never" as the largest number there is.
  constexpr int64_t never_ms = 10LL * 365 * 24 * 3600 * 1000;
  // Rounded up: a timer is at most a millisecond late, and never early.
  const auto due_ms = (time_.mono_us() + std::min(delay_ms, never_ms) * 1000 + 999) / 1000;
  auto id = timers_.arm(due_ms, {std::move(who), token});
  wake_for_next_timer();
  return id;
}

void unit::cancel(timer_id id) {
  timers_.cancel(id);
}

void unit::wake_for_next_timer() {
  const auto next = timers_.next_wake_ms();
  if (!next || (wake_ms_ && *wake_ms_ <= *next)) return;
  wake_ms_ = next;
  wake_at(*next);
}

void unit::run_timers() {
  wake_ms_.reset();
  timers_.expire(time_.mono_ms(), [](target due) {
    if (auto who = due.who.lock()) {
      caf::anon_send(caf::actor_cast<caf::actor>(who), timer_expired{due.token});
    }
  });
  wake_for_next_timer();
}

void unit::forget(burst_end_hook& hook) {
  std::erase(hooks_, &hook);
  std::replace(calling_.begin(), calling_.end(), &hook, static_cast<burst_end_hook*>(nullptr));
}

bool unit::run_burst_end_hooks() {
  if (hooks_.empty()) return false;
  calling_.swap(hooks_);
  for (size_t i = 0; i < calling_.size(); ++i) {
    if (calling_[i] != nullptr) calling_[i]->burst_ended();
  }
  calling_.clear();
  return true;
}

}  // namespace ottla
