// The base of every actor of the broker: runs on one unit only, whoever sends to it.
//
// Write `class partition_actor final : public pinned<partition_handle::base>` with a constructor
// (caf::actor_config&, unit&, ...) and start it with spawn_on().
#pragma once

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/invoke_message_result.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/runtime/unit.hpp"

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define OTTLA_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define OTTLA_THREAD_SANITIZER 1
#endif
#endif

namespace ottla {

template <class Base>
class pinned : public Base {
public:
  /// `where` outlives the actor. A detached actor passes the unit that it works for.
  pinned(caf::actor_config& config, unit& where) : Base(config), where_(where) {}

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr message, caf::execution_unit* host) override {
#ifdef OTTLA_THREAD_SANITIZER
    // CAF's mailbox is one atomic inside the library, which ThreadSanitizer does not see: say that
    // who takes from it sees what was done before the putting. The rest is in caf_tsan.cpp.
    __tsan_release(this);
#endif
    auto* home = where_.home();
    Base::enqueue(std::move(message), home != nullptr ? home : host);
  }
#ifdef OTTLA_THREAD_SANITIZER
  caf::resumable::resume_result resume(caf::execution_unit* host, size_t messages) override {
    __tsan_acquire(this);
    return Base::resume(host, messages);
  }
  caf::invoke_message_result consume(caf::mailbox_element& message) override {
    __tsan_acquire(this);
    return Base::consume(message);
  }
  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    __tsan_acquire(this);  // frees what is left in the mailbox
    return Base::cleanup(std::move(reason), host);
  }
#endif

  /// The unit whose thread this actor runs on (or, detached, works for).
  [[nodiscard]] unit& home_unit() { return where_; }
  [[nodiscard]] const clock& time() const { return where_.time(); }

  /// Sends timer_expired{token} to this actor after `delay_ms`.
  timer_id arm_timer(int64_t delay_ms, uint64_t token) {
    return where_.arm(delay_ms, caf::weak_actor_ptr{this->ctrl()}, token);
  }
  void cancel_timer(timer_id& id) {
    where_.cancel(id);
    id = {};
  }

private:
  unit& where_;
};

/// Starts an actor on a unit, from any thread. It runs first when its first message comes.
template <class Actor, class... Arguments>
auto spawn_on(caf::actor_system& system, unit& where, Arguments&&... arguments) {
  caf::actor_config config{where.home()};
  return system.spawn_class<Actor, caf::lazy_init>(config, std::ref(where),
                                                   std::forward<Arguments>(arguments)...);
}

/// Starts an actor that may block, on a thread of its own; in simulation on the test scheduler like
/// any other. It must not use its unit's timers or buffers.
template <class Actor, class... Arguments>
auto spawn_blocking(caf::actor_system& system, unit& works_for, Arguments&&... arguments) {
  caf::actor_config config{works_for.home()};
  if (works_for.home() == nullptr) {
    return system.spawn_class<Actor, caf::lazy_init>(config, std::ref(works_for),
                                                     std::forward<Arguments>(arguments)...);
  }
  return system.spawn_class<Actor, caf::detached>(config, std::ref(works_for),
                                                  std::forward<Arguments>(arguments)...);
}

}  // namespace ottla
