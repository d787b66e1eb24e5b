// Actors without threads: CAF's test scheduler, units on it, and a clock that moves when told.
//
// Spawn with spawn_on(system, unit()), then settle() until nothing can run, or pass() time. Actors
// are ended with the fixture.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "actors/runtime/pinned.hpp"
#include "actors/runtime/unit.hpp"

namespace ottla {

/// Time that stands still until a test moves it.
class manual_clock final : public clock {
public:
  [[nodiscard]] timestamp_ms wall_ms() const override { return wall_start_ms + now_us_ / 1000; }
  [[nodiscard]] int64_t mono_us() const override { return now_us_; }
  void move_to_ms(int64_t mono_ms) { now_us_ = mono_ms * 1000; }

  static constexpr timestamp_ms wall_start_ms = 1'700'000'000'000;

private:
  int64_t now_us_ = 1'000'000;
};

/// A unit whose actors run on CAF's test scheduler.
class simulated_unit final : public unit {
public:
  simulated_unit(uint32_t index, const unit_resources& resources, uint64_t seed)
      : unit(index, resources, seed) {}

  [[nodiscard]] caf::execution_unit* home() override { return nullptr; }
  [[nodiscard]] std::optional<int64_t> wake_ms() const { return wake_ms_; }
  void wake() {
    wake_ms_.reset();
    run_timers();
  }
  /// Whether any burst-end hook was called.
  bool end_burst() { return run_burst_end_hooks(); }
  [[nodiscard]] bool has_timers() const { return next_timer_ms().has_value(); }

private:
  void wake_at(int64_t mono_ms) override { wake_ms_ = mono_ms; }

  std::optional<int64_t> wake_ms_;
};

class actor_fixture {
public:
  explicit actor_fixture(const memory_budget_options& memory_options = {}, size_t unit_count = 1,
                         uint64_t seed = 1)
      : memory(memory_options) {
    for (uint32_t i = 0; i < unit_count; ++i) {
      units.push_back(
          std::make_unique<simulated_unit>(i, unit_resources{&time, &memory}, seed + i));
    }
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    system_->await_actors_before_shutdown(false);
  }
  virtual ~actor_fixture() {
    settle();
    system_.reset();
  }

  caf::actor_system& system() { return *system_; }
  simulated_unit& home(size_t index = 0) { return *units[index]; }
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }

  /// Runs everything that can run now.
  void settle() {
    bool busy = true;
    while (busy) {
      busy = false;
      while (scheduler().try_run_once()) busy = true;
      for (auto& each : units) busy = each->end_burst() || busy;
      for (auto& pump : pumps) busy = pump() || busy;
    }
  }

  /// Lets `duration_ms` go by, timer by timer.
  void pass(int64_t duration_ms) {
    const auto until_ms = time.mono_ms() + duration_ms;
    settle();
    while (auto* next = next_to_wake(until_ms)) {
      time.move_to_ms(*next->wake_ms());
      next->wake();
      settle();
    }
    time.move_to_ms(until_ms);
    settle();
  }

  manual_clock time;
  memory_budget memory;
  std::vector<std::unique_ptr<simulated_unit>> units;
  /// What else can move, such as simulated connections; each says whether it did.
  std::vector<std::function<bool()>> pumps;

private:
  simulated_unit* next_to_wake(int64_t until_ms) {
    simulated_unit* next = nullptr;
    for (auto& each : units) {
      auto wake = each->wake_ms();
      if (!wake || *wake > until_ms) continue;
      if (next == nullptr || *wake < *next->wake_ms()) next = each.get();
    }
    return next;
  }

  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
};

}  // namespace ottla
