// The requests of one ZooKeeper session that wait for their answer, for the handle only.
//
// The C client should answer them all when it is closed, but what it queues after its completion
// thread has looked for the last time is lost (zookeeper_close of 3.8). So the session knows them
// itself and answers what is left. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace ottla {

class zookeeper_calls {
public:
  /// Keeps `done` and returns what the client carries for it. `nothing` follows the code when there
  /// is no answer.
  template <class Function, class... Nothing>
  const void* keep(Function done, Nothing... nothing) {
    auto one = std::make_unique<call<Function, Nothing...>>(
        *this, std::move(done), std::tuple<Nothing...>(std::move(nothing)...));
    std::lock_guard lock{mutex_};
    const void* data = static_cast<waiting*>(one.get());
    calls_.emplace(data, std::move(one));
    return data;
  }

  /// Answers one call, which is over with that.
  template <class... Answer>
  static void answer(const void* data, int code, Answer... value) {
    auto one = static_cast<const waiting*>(data)->home.release(data);
    static_cast<answerable<Answer...>&>(*one).answer(code, std::move(value)...);
  }

  /// A call that has no answer ends with `code` alone.
  static void give_up(const void* data, int code) {
    static_cast<const waiting*>(data)->home.release(data)->give_up(code);
  }

  /// The same for all that still wait.
  void give_up_all(int code) {
    std::unique_lock lock{mutex_};
    auto left = std::exchange(calls_, {});
    lock.unlock();
    for (auto& [data, one] : left) one->give_up(code);
  }

private:
  struct waiting {
    explicit waiting(zookeeper_calls& of) : home(of) {}
    virtual ~waiting() = default;
    virtual void give_up(int code) = 0;
    zookeeper_calls& home;
  };
  template <class... Answer>
  struct answerable : waiting {
    using waiting::waiting;
    virtual void answer(int code, Answer... value) = 0;
  };
  template <class Function, class... Answer>
  struct call final : answerable<Answer...> {
    call(zookeeper_calls& of, Function function, std::tuple<Answer...> without)
        : answerable<Answer...>(of), done(std::move(function)), nothing(std::move(without)) {}
    void answer(int code, Answer... value) override { done(code, std::move(value)...); }
    void give_up(int code) override {
      std::apply([&](auto&... value) { done(code, std::move(value)...); }, nothing);
    }
    Function done;
    std::tuple<Answer...> nothing;
  };

  std::unique_ptr<waiting> release(const void* data) {
    std::lock_guard lock{mutex_};
    return std::move(calls_.extract(data).mapped());
  }

  std::mutex mutex_;
  std::unordered_map<const void*, std::unique_ptr<waiting>> calls_;
};

}  // namespace ottla
