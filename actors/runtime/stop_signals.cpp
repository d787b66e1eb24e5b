#include "actors/runtime/stop_signals.hpp"

#include <pthread.h>

#include <utility>

namespace ottla {

stop_signals::stop_signals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

stop_signals::~stop_signals() {
  ignore();
}

void stop_signals::watch(std::function<void(int number)> on_signal) {
  ignores_ = false;
  thread_ = std::thread{[this, on_signal = std::move(on_signal)] {
    pthread_setname_np(pthread_self(), "ottla-signals");
    for (;;) {
      int number = 0;
      if (sigwait(&set_, &number) != 0) continue;
      if (ignores_) return;
      on_signal(number);
    }
  }};
}

void stop_signals::ignore() {
  if (!thread_.joinable()) return;
  ignores_ = true;
  // Wakes the thread's sigwait.
  pthread_kill(thread_.native_handle(), SIGTERM);  // NOLINT(bugprone-bad-signal-to-kill-thread)
  thread_.join();
}

}  // namespace ottla
