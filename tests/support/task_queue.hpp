// An executor for tests: functions from any thread wait here until the test's thread runs them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace ottla {

class task_queue {
public:
  [[nodiscard]] std::function<void(std::function<void()>)> executor() {
    return [this](std::function<void()> task) {
      std::lock_guard lock{mutex_};
      tasks_.push_back(std::move(task));
      added_.notify_one();
    };
  }
  /// Runs everything, including what that adds.
  void run() {
    while (run_one(std::chrono::seconds{0})) {
    }
  }
  /// Runs what comes until `done()`; false if that takes longer than the limit.
  template <class Predicate>
  bool run_until(Predicate done, std::chrono::milliseconds limit = std::chrono::seconds{30}) {
    auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      auto left = end - std::chrono::steady_clock::now();
      if (left <= left.zero() || !run_one(left)) return done();
    }
    return true;
  }

private:
  template <class Duration>
  bool run_one(Duration patience) {
    std::unique_lock lock{mutex_};
    if (!added_.wait_for(lock, patience, [this] { return !tasks_.empty(); })) return false;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    return true;
  }

  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<std::function<void()>> tasks_;
};

}  // namespace ottla
