#include "actors/runtime/io_coordinator.hpp"

#include <pthread.h>

#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <string>
#include <thread>

#include "actors/runtime/io_unit.hpp"
#include "protocol/assert.hpp"

namespace ottla {
namespace {

void name_this_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.c_str());
}

class io_coordinator final : public caf::scheduler::abstract_coordinator {
public:
  using abstract_coordinator::abstract_coordinator;

  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<>) {
    return new io_coordinator(system);
  }

  [[nodiscard]] const std::vector<std::unique_ptr<io_unit>>& units() const { return units_; }

  caf::actor_clock& clock() noexcept override { return clock_; }

  /// For actors that are not pinned, such as CAF's own.
  void enqueue(caf::resumable* runnable) override {
    auto* here = io_unit::current();
    auto& chosen = here != nullptr ? *here : *units_[next_worker_++ % units_.size()];
    chosen.home()->exec_later(runnable);
  }

  void init(caf::actor_system_config& config) override {
    abstract_coordinator::init(config);
    const auto& options = dynamic_cast<runtime_config&>(config).options();
    OTTLA_ASSERT(options.units > 0);
    for (uint32_t i = 0; i < options.units; ++i) {
      units_.push_back(std::make_unique<io_unit>(system_, i, options.resources));
    }
  }

  void start() override {
    for (auto& unit : units_) {
      threads_.emplace_back([&unit] {
        name_this_thread("ottla-io-" + std::to_string(unit->index()));
        unit->run();
      });
    }
    threads_.emplace_back([this] {
      name_this_thread("ottla-caf-clock");
      clock_.run_dispatch_loop();
    });
    abstract_coordinator::start();
  }

  /// CAF's own actors still need the units while they end.
  void stop() override {
    stop_actors();
    for (auto& unit : units_) unit->stop();
    clock_.cancel_dispatch_loop();
    for (auto& thread : threads_) thread.join();
    for (auto& unit : units_) unit->abandon_runnable();
  }

private:
  caf::detail::thread_safe_actor_clock clock_;
  std::vector<std::unique_ptr<io_unit>> units_;
  std::vector<std::thread> threads_;
};

}  // namespace

runtime_config::runtime_config(runtime_options options) : options_(options) {
  load<io_coordinator>();
}

std::vector<unit*> units_of(caf::actor_system& system) {
  std::vector<unit*> units;
  for (const auto& owned : dynamic_cast<io_coordinator&>(system.scheduler()).units()) {
    units.push_back(owned.get());
  }
  return units;
}

}  // namespace ottla
