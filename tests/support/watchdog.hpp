// Ends the process with a message when a test hangs, instead of waiting for CI's patience.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace ottla {

class watchdog {
public:
  explicit watchdog(int limit_seconds)
      : thread_([this, limit_seconds] {
          std::unique_lock lock{mutex_};
          if (done_.wait_for(lock, std::chrono::seconds{limit_seconds}, [this] { return over_; })) {
            return;
          }
          std::fprintf(stderr, "watchdog: the test hangs for more than %d s\n", limit_seconds);
          std::abort();
        }) {}
  ~watchdog() {
    {
      std::lock_guard guard{mutex_};
      over_ = true;
    }
    done_.notify_one();
    thread_.join();
  }
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace ottla
