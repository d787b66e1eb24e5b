#include "actors/runtime/io_unit.hpp"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <caf/logger.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <chrono>

namespace ottla {
namespace {

thread_local io_unit* this_threads_unit = nullptr;

constexpr auto trim_after = std::chrono::seconds{5};

}  // namespace

io_unit::io_unit(caf::actor_system& system, uint32_t index, const unit_resources& resources)
    : unit(index, resources, random_source::from_system().next()),
      caf::execution_unit(&system),
      wake_timer_(context_),
      trim_timer_(context_) {}

io_unit::~io_unit() = default;

io_unit* io_unit::current() {
  return this_threads_unit;
}

/// sendfile() to a peer that is gone raises SIGPIPE and cannot be told not to.
static void block_sigpipe() {
  sigset_t pipe_only;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_only, nullptr);
}

void io_unit::run() {
  block_sigpipe();
  this_threads_unit = this;
  auto work = boost::asio::make_work_guard(context_);
  context_.run();
}

void io_unit::exec_later(caf::resumable* runnable) {
  if (this_threads_unit == this) {
    runnable_.push_back(runnable);
    if (!in_burst_) {
      in_burst_ = true;
      continue_later();
    }
    return;
  }
  bool first = false;
  {
    std::lock_guard guard(remote_mutex_);
    first = remote_.empty();
    remote_.push_back(runnable);
  }
  if (first) boost::asio::post(context_, [this] { take_remote(); });
}

void io_unit::take_remote() {
  ++counters_.wakes;
  {
    std::lock_guard guard(remote_mutex_);
    taken_.swap(remote_);
  }
  runnable_.insert(runnable_.end(), taken_.begin(), taken_.end());
  taken_.clear();
  burst([] {});
}

void io_unit::continue_later() {
  boost::asio::post(context_, [this] { drain(); });
}

void io_unit::drain() {
  ++counters_.bursts;
  const auto until_us = time().mono_us() + burst_limit_us;
  bool finished = run_actors(until_us);
  // Hooks write the answers of this burst; what that wakes belongs to it as well.
  while (run_burst_end_hooks() && finished) finished = run_actors(until_us);
  if (!finished) {
    ++counters_.yields;
    return continue_later();
  }
  in_burst_ = false;
  trim_when_idle();
}

/// Whether no actor is left to run.
bool io_unit::run_actors(int64_t until_us) {
  // Spawning an actor gives the thread CAF's logger, which then costs a lookup for every message.
  caf::logger::set_current_actor_system(nullptr);
  while (!runnable_.empty()) {
    auto* next = runnable_.front();
    runnable_.pop_front();
    ++counters_.resumes;
    switch (next->resume(this, messages_per_turn)) {
      case caf::resumable::resume_later:
        runnable_.push_back(next);
        break;
      case caf::resumable::shutdown_execution_unit:
        break;
      default:
        caf::intrusive_ptr_release(next);
    }
    if (!runnable_.empty() && time().mono_us() >= until_us) return false;
  }
  return true;
}

void io_unit::wake_at(int64_t mono_ms) {
  wake_timer_.expires_after(std::chrono::microseconds{mono_ms * 1000 - time().mono_us()});
  wake_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) burst([this] { run_timers(); });
  });
}

/// Memory that a burst of traffic needed goes back to the system some seconds after it.
void io_unit::trim_when_idle() {
  if (trimming_ || !buffers().can_trim()) return;
  trimming_ = true;
  trim_timer_.expires_after(trim_after);
  trim_timer_.async_wait([this](const boost::system::error_code& error) {
    trimming_ = false;
    if (error) return;
    release_unused_memory();
    trim_when_idle();
  });
}

void io_unit::abandon_runnable() {
  std::lock_guard guard(remote_mutex_);
  for (auto* queue : {&remote_, &taken_}) {
    runnable_.insert(runnable_.end(), queue->begin(), queue->end());
    queue->clear();
  }
  for (auto* left : runnable_) caf::scheduler::abstract_coordinator::cleanup_and_release(left);
  runnable_.clear();
}

}  // namespace ottla
