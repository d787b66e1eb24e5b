// A unit in production: one thread with an Asio io_context, on which its actors run as well.
//
// A socket handler that parses requests runs the actors it woke before it returns, so a request is
// answered within one socket event and its memory is free for the next read. Other threads hand
// over what they woke with one post per burst. Only the gateway and the coordinator include this.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>
#include <deque>
#include <mutex>
#include <vector>

#include "actors/runtime/unit.hpp"

namespace ottla {

class io_unit final : public unit, private caf::execution_unit {
public:
  io_unit(caf::actor_system& system, uint32_t index, const unit_resources& resources);
  ~io_unit() override;

  /// The unit whose thread this is; null on any other thread.
  static io_unit* current();

  [[nodiscard]] caf::execution_unit* home() override { return this; }
  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  /// Runs `event`, a socket handler, and then every actor that it made runnable here. Afterwards
  /// the burst-end hooks have been called.
  template <class Function>
  void burst(Function&& event) {
    if (in_burst_) return event();
    in_burst_ = true;
    event();
    drain();
  }

  /// Runs until stop(). Called once, on the unit's own thread.
  void run();
  /// From any thread.
  void stop() { context_.stop(); }
  /// Gives up the actors that were still to run; after run() has returned.
  void abandon_runnable();

  struct counters {
    uint64_t bursts = 0;   ///< Times that the unit turned to its actors.
    uint64_t resumes = 0;  ///< Actors resumed.
    uint64_t yields = 0;   ///< Bursts cut short so that sockets get their turn.
    uint64_t wakes = 0;    ///< Bursts started by another thread.
  };
  /// On the unit's thread only.
  [[nodiscard]] const counters& count() const { return counters_; }

  /// How long actors may keep the sockets waiting.
  static constexpr int64_t burst_limit_us = 200;
  /// Messages that an actor may handle before the next one's turn.
  static constexpr size_t messages_per_turn = 64;

private:
  void exec_later(caf::resumable* runnable) override;
  void wake_at(int64_t mono_ms) override;
  void take_remote();
  void drain();
  bool run_actors(int64_t until_us);
  void continue_later();
  void trim_when_idle();

  boost::asio::io_context context_{1};
  boost::asio::steady_timer wake_timer_;
  boost::asio::steady_timer trim_timer_;
  bool trimming_ = false;
  bool in_burst_ = false;  // or a continuation of one is posted
  std::deque<caf::resumable*> runnable_;
  counters counters_;

  std::mutex remote_mutex_;
  std::vector<caf::resumable*> remote_;  // guarded by remote_mutex_
  std::vector<caf::resumable*> taken_;
};

}  // namespace ottla
