#include "actors/runtime/io_unit.hpp"

#include <sys/resource.h>

#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/replies_to.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <future>

#include "actors/runtime/io_coordinator.hpp"
#include "actors/runtime/pinned.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/watchdog.hpp"

using namespace ottla;

namespace {

struct ping {
  int hops = 0;
};
struct pong {
  int hops = 0;
  uint32_t unit_index = 0;
  std::thread::id thread;
};
struct arm_one {
  int64_t delay_ms = 0;
};

using echo_handle = caf::typed_actor<caf::replies_to<ping>::with<pong>, caf::reacts_to<arm_one>,
                                     caf::reacts_to<timer_expired>>;

}  // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ping)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pong)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(arm_one)

namespace {

/// Answers, directly or through the next in line; notes when its timer came.
class echo_actor final : public pinned<echo_handle::base> {
public:
  echo_actor(caf::actor_config& config, unit& home, echo_handle next,
             std::promise<int64_t>* timer_came)
      : pinned(config, home), next_(std::move(next)), timer_came_(timer_came) {}

  behavior_type make_behavior() override {
    return {
        [this](const ping& asked) -> caf::result<pong> {
          if (!next_) return pong{asked.hops, home_unit().index(), std::this_thread::get_id()};
          auto promise = make_response_promise<pong>();
          this->request(next_, caf::infinite, ping{asked.hops + 1})
              .then([promise](const pong& answer) mutable { promise.deliver(answer); });
          return promise;
        },
        [this](arm_one wanted) { arm_timer(wanted.delay_ms, 42); },
        [this](timer_expired due) {
          CHECK(due.token == 42);
          if (timer_came_ != nullptr) timer_came_->set_value(time().mono_us());
        },
    };
  }

private:
  echo_handle next_;
  std::promise<int64_t>* timer_came_;
};

/// Asks from within a unit, as sessions do.
class asker_actor final : public pinned<echo_handle::base> {
public:
  asker_actor(caf::actor_config& config, unit& home, echo_handle to)
      : pinned(config, home), to_(std::move(to)) {}

  behavior_type make_behavior() override {
    return {[](const ping&) { return pong{}; }, [](arm_one) {}, [](timer_expired) {}};
  }
  void ask(std::function<void(const pong&)> answered) {
    this->request(to_, caf::infinite, ping{}).then(std::move(answered));
  }

private:
  echo_handle to_;
};

struct running_system {
  explicit running_system(size_t units)
      : config({units, {&system_clock(), &memory}}), system(config) {}

  io_unit& home(size_t index) { return dynamic_cast<io_unit&>(*units_of(system)[index]); }
  template <class... Arguments>
  echo_handle spawn_echo(size_t index, Arguments&&... arguments) {
    auto made = spawn_on<echo_actor>(system, home(index), std::forward<Arguments>(arguments)...);
    started.push_back(made);
    return made;
  }
  /// Runs `f` on the unit's thread, as a socket event would.
  template <class Function>
  auto on_unit(size_t index, Function f) {
    std::packaged_task<std::invoke_result_t<Function>()> task{std::move(f)};
    auto done = task.get_future();
    boost::asio::post(home(index).context(), [&] { task(); });
    return done.get();
  }
  ~running_system() {
    for (auto& each : started) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    started.clear();
    system.await_all_actors_done();
  }

  watchdog hangs{20};
  memory_budget memory{{}};
  runtime_config config;
  caf::actor_system system;
  std::vector<echo_handle> started;
};

}  // namespace

TEST_CASE("an actor runs on the thread of its unit, whoever asks") {
  running_system running{2};
  auto first = running.spawn_echo(0, echo_handle{}, nullptr);
  auto second = running.spawn_echo(1, echo_handle{}, nullptr);
  const auto thread0 = running.on_unit(0, [] { return std::this_thread::get_id(); });
  const auto thread1 = running.on_unit(1, [] { return std::this_thread::get_id(); });
  CHECK(thread0 != thread1);
  for (int i = 0; i < 100; ++i) {
    for (size_t from : {0, 1}) {
      auto asker =
          spawn_on<asker_actor>(running.system, running.home(from), i % 2 ? first : second);
      auto* object = caf::actor_cast<asker_actor*>(asker);
      std::promise<pong> answered;
      running.on_unit(from, [&] {
        running.home(from).burst(
            [&] { object->ask([&](const pong& answer) { answered.set_value(answer); }); });
      });
      auto answer = answered.get_future().get();
      CHECK(answer.thread == (i % 2 ? thread0 : thread1));
      CHECK(answer.unit_index == (i % 2 ? 0 : 1));
      caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
    }
  }
}

TEST_CASE("a request to an actor of the same unit is answered within one socket event") {
  running_system running{1};
  auto last = running.spawn_echo(0, echo_handle{}, nullptr);
  auto middle = running.spawn_echo(0, last, nullptr);
  auto asker = spawn_on<asker_actor>(running.system, running.home(0), middle);
  auto* object = caf::actor_cast<asker_actor*>(asker);
  // A burst that lasts too long is continued later: on a busy machine that may happen here as well.
  bool answered_inside = false;
  for (int i = 0; i < 100 && !answered_inside; ++i) {
    answered_inside = running.on_unit(0, [&] {
      auto answered = std::make_shared<bool>(false);
      running.home(0).burst([&] {
        object->ask([answered](const pong& answer) {
          CHECK(answer.hops == 1);
          *answered = true;
        });
      });
      return *answered;
    });
  }
  CHECK(answered_inside);
  caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
}

TEST_CASE("hooks run at the end of the burst, and one that is forgotten does not") {
  struct counting final : burst_end_hook {
    void burst_ended() override { ++calls; }
    int calls = 0;
  };
  running_system running{1};
  counting kept, forgotten;
  running.on_unit(0, [&] {
    auto& home = running.home(0);
    home.burst([&] {
      home.at_burst_end(kept);
      home.at_burst_end(forgotten);
      home.forget(forgotten);
      CHECK(kept.calls == 0);
    });
    CHECK(kept.calls == 1);
    home.burst([] {});
  });
  CHECK(kept.calls == 1);
  CHECK(forgotten.calls == 0);
}

TEST_CASE("a unit's timer comes at its time, never early") {
  running_system running{1};
  for (int64_t delay_ms : {0, 1, 20, 150}) {
    std::promise<int64_t> came;
    auto actor = running.spawn_echo(0, echo_handle{}, &came);
    const auto armed_us = system_clock().mono_us();
    caf::anon_send(actor, arm_one{delay_ms});
    CHECK(came.get_future().get() - armed_us >= delay_ms * 1000);
  }
}

TEST_CASE("an idle unit takes no processor time") {
  running_system running{2};
  auto idle_actor = running.spawn_echo(0, echo_handle{}, nullptr);
  caf::anon_send(idle_actor, arm_one{3'600'000});
  running.on_unit(0, [] {});
  auto context_switches = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw;
  };
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  const auto before = context_switches();
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
#ifdef __SANITIZE_THREAD__
  constexpr auto others = 8;  // ThreadSanitizer's own thread wakes ten times a second
#else
  constexpr auto others = 3;  // this thread's own sleep, and the watchdog's
#endif
  CHECK(context_switches() - before <= others);
}

TEST_CASE("a system with messages under way shuts down") {
  for (int round = 0; round < 20; ++round) {
    running_system running{2};
    auto last = running.spawn_echo(round % 2, echo_handle{}, nullptr);
    auto first = running.spawn_echo(0, last, nullptr);
    for (int i = 0; i < 200; ++i) caf::anon_send(first, ping{});
    caf::anon_send(first, arm_one{1});
  }
}
