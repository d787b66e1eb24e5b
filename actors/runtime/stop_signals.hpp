// SIGTERM and SIGINT as calls on a thread of their own, instead of handlers.
//
// Made before any other thread, so that all of them leave the signals to this one. One per process.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace ottla {

class stop_signals {
public:
  /// Blocks both signals in this thread and those it starts; what comes before watch() waits.
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Calls `on_signal` with the number of each signal that comes, until ignore().
  void watch(std::function<void(int number)> on_signal);
  /// No call is under way any more, and none follows.
  void ignore();

private:
  sigset_t set_{};
  std::thread thread_;
  std::atomic<bool> ignores_{false};
};

}  // namespace ottla
