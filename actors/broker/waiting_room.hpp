// Where a thread waits for answers that a store brings: before any actor exists, and for commands.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "storage/metadata/metadata_store.hpp"

namespace ottla {

/// Opens a store that hands its answers to that executor.
using open_store = std::function<outcome<std::unique_ptr<metadata_store>>(store_executor)>;

/// Runs the answers of a store on the thread that waits for them.
class waiting_room {
public:
  store_executor executor() {
    return [shared = shared_](std::function<void()> task) {
      std::lock_guard lock{shared->mutex};
      shared->tasks.push_back(std::move(task));
      shared->wake.notify_one();
    };
  }
  /// Runs what comes until `is_done`; false if nothing comes for `timeout_ms`.
  bool run_until(const std::function<bool()>& is_done, int64_t timeout_ms) {
    std::unique_lock lock{shared_->mutex};
    while (!is_done()) {
      const auto limit = std::chrono::milliseconds{timeout_ms};
      if (!shared_->wake.wait_for(lock, limit, [this] { return !shared_->tasks.empty(); })) {
        return false;
      }
      auto task = std::move(shared_->tasks.front());
      shared_->tasks.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
    return true;
  }

private:
  struct contents {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> tasks;
  };
  std::shared_ptr<contents> shared_ = std::make_shared<contents>();
};

}  // namespace ottla
