// One thread's worth of broker, as its actors see it: where they run, what time it is, timers,
// memory.
//
// Production has io_units (an Asio thread each); tests and simulation a unit that runs on CAF's
// test scheduler and a clock of their own. Actors name neither. Except for home(), index(), time()
// and memory(), which any thread may call, a unit is used from its own thread only.
#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <cstdint>
#include <vector>

#include "actors/runtime/buffer_pool.hpp"
#include "actors/runtime/clock.hpp"
#include "actors/runtime/memory_budget.hpp"
#include "actors/runtime/random_source.hpp"
#include "actors/runtime/timer_wheel.hpp"

namespace ottla {

/// To an actor: the timer that it armed with this token is due.
struct timer_expired {
  uint64_t token = 0;
};

/// Something to be done once the actors that can run have run, such as writing all answers at once.
class burst_end_hook {
public:
  virtual void burst_ended() = 0;

protected:
  ~burst_end_hook() = default;
};

/// What all units of a broker have in common.
struct unit_resources {
  const clock* time = &system_clock();
  memory_budget* memory = nullptr;  ///< Outlives the unit and all buffers.
};

class unit {
public:
  unit(uint32_t index, const unit_resources& resources, uint64_t seed);
  virtual ~unit() = default;
  unit(const unit&) = delete;
  unit& operator=(const unit&) = delete;

  /// Where this unit's actors run; null in simulation, where the test scheduler runs them.
  [[nodiscard]] virtual caf::execution_unit* home() = 0;
  [[nodiscard]] uint32_t index() const { return index_; }
  [[nodiscard]] const clock& time() const { return time_; }
  [[nodiscard]] memory_budget& memory() { return memory_; }
  [[nodiscard]] random_source& random() { return random_; }
  [[nodiscard]] buffer_pool& buffers() { return *buffers_; }
  /// Where sessions charged to `pool` receive.
  [[nodiscard]] receive_arena& arena(memory_pool pool);

  /// Sends timer_expired{token} to `who` after `delay_ms`, never early; cancel it when it is no
  /// longer wanted. A timer does not keep its actor alive.
  timer_id arm(int64_t delay_ms, caf::weak_actor_ptr who, uint64_t token);
  /// The message may be on its way already: actors tell late tokens from good ones.
  void cancel(timer_id id);

  /// Calls `hook` once, after the actors that can run now have run.
  void at_burst_end(burst_end_hook& hook) { hooks_.push_back(&hook); }
  /// Forgets a hook that is about to be destroyed.
  void forget(burst_end_hook& hook);

protected:
  /// Sends what is due and asks for the next wake.
  void run_timers();
  /// Whether there were any hooks to call.
  bool run_burst_end_hooks();
  /// Gives back the memory of a past burst of traffic.
  void release_unused_memory();
  [[nodiscard]] std::optional<int64_t> next_timer_ms() const { return timers_.next_wake_ms(); }

private:
  struct target {
    caf::weak_actor_ptr who;
    uint64_t token = 0;
  };

  /// Arranges for run_timers() to be called at `mono_ms` of time(). Called with ever earlier times
  /// until run_timers() is called.
  virtual void wake_at(int64_t mono_ms) = 0;
  void wake_for_next_timer();

  const uint32_t index_;
  const clock& time_;
  memory_budget& memory_;
  random_source random_;
  std::shared_ptr<buffer_pool> buffers_;
  std::array<std::unique_ptr<receive_arena>, memory_pools> arenas_;
  timer_wheel<target> timers_;
  std::optional<int64_t> wake_ms_;  // what wake_at() was last asked for
  std::vector<burst_end_hook*> hooks_;
  std::vector<burst_end_hook*> calling_;
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::timer_expired)
