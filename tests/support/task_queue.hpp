// An executor for tests: functions wait here until the test runs them.
#pragma once

#include <deque>
#include <functional>

namespace ottla {

class task_queue {
public:
  [[nodiscard]] std::function<void(std::function<void()>)> executor() {
    return [this](std::function<void()> task) { tasks_.push_back(std::move(task)); };
  }
  /// Runs everything, including what that adds.
  void run() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  [[nodiscard]] bool empty() const { return tasks_.empty(); }

private:
  std::deque<std::function<void()>> tasks_;
};

}  // namespace ottla
