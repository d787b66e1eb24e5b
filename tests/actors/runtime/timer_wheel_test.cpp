#include "actors/runtime/timer_wheel.hpp"

#include <map>

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

using namespace ottla;

namespace {

std::vector<int> expired(timer_wheel<int>& wheel, int64_t now_ms) {
  std::vector<int> due;
  wheel.expire(now_ms, [&](int payload) { due.push_back(payload); });
  return due;
}

}  // namespace

TEST_CASE("a timer is due at its time, not before") {
  timer_wheel<int> wheel{1'000};
  wheel.arm(1'500, 7);
  CHECK(expired(wheel, 1'499).empty());
  CHECK(expired(wheel, 1'500) == std::vector{7});
  CHECK(expired(wheel, 9'999).empty());
  CHECK(wheel.empty());
}

TEST_CASE("a cancelled timer is not due, and a late cancel does no harm") {
  timer_wheel<int> wheel{0};
  auto first = wheel.arm(10, 1);
  CHECK(wheel.cancel(first));
  CHECK_FALSE(wheel.cancel(first));
  auto second = wheel.arm(10, 2);  // takes the same entry
  CHECK_FALSE(wheel.cancel(first));
  CHECK(expired(wheel, 10) == std::vector{2});
  CHECK_FALSE(wheel.cancel(second));
  CHECK_FALSE(wheel.cancel(no_timer));
}

TEST_CASE("what is due may arm and cancel timers") {
  timer_wheel<int> wheel{0};
  wheel.arm(5, 1);
  auto doomed = wheel.arm(6, 2);
  std::vector<int> due;
  wheel.expire(100, [&](int payload) {
    due.push_back(payload);
    if (payload != 1) return;
    CHECK(wheel.cancel(doomed));
    wheel.arm(50, 3);
    wheel.arm(0, 4);  // in the past: due at the next millisecond
  });
  CHECK(due == std::vector{1, 4, 3});
}

TEST_CASE("the wheel behaves like a sorted list of deadlines") {
  rc::prop("any sequence of arm, cancel and expire", [] {
    const auto start = *rc::gen::inRange<int64_t>(0, int64_t{1} << 40);
    timer_wheel<int> wheel{start};
    std::multimap<int64_t, int> model;
    std::map<int, timer_id> ids;
    int64_t now = start;
    const auto steps = *rc::gen::inRange(1, 200);
    for (int i = 0; i < steps; ++i) {
      const auto what = *rc::gen::inRange(0, 10);
      if (what < 6) {
        const auto bits = *rc::gen::inRange(0, 40);
        const auto due = now + *rc::gen::inRange<int64_t>(1, (int64_t{1} << bits) + 1);
        ids[i] = wheel.arm(due, i);
        model.emplace(due, i);
      } else if (what < 8 && !ids.empty()) {
        auto victim = std::next(ids.begin(), *rc::gen::inRange<long>(0, std::ssize(ids)));
        const auto was_armed =
            std::erase_if(model, [&](const auto& e) { return e.second == victim->first; }) > 0;
        RC_ASSERT(wheel.cancel(victim->second) == was_armed);
      } else {
        const auto bits = *rc::gen::inRange(0, 40);
        now += *rc::gen::inRange<int64_t>(0, int64_t{1} << bits);
        std::map<int64_t, std::vector<int>> due_by_time;
        auto last = INT64_MIN;
        std::vector<int> due = expired(wheel, now);
        std::vector<int> expected;
        for (auto e = model.begin(); e != model.end() && e->first <= now; e = model.erase(e)) {
          expected.push_back(e->second);
          RC_ASSERT(e->first >= last);
          last = e->first;
        }
        std::sort(due.begin(), due.end());
        std::sort(expected.begin(), expected.end());
        RC_ASSERT(due == expected);
      }
      RC_ASSERT(wheel.size() == model.size());
      auto wake = wheel.next_wake_ms();
      RC_ASSERT(wake.has_value() == !model.empty());
      if (wake) RC_ASSERT(*wake <= model.begin()->first && *wake > now);
    }
  });
}

TEST_CASE("timers come in the order of their times") {
  rc::prop("any set of deadlines", [](const std::vector<uint32_t>& delays) {
    timer_wheel<int64_t> wheel{12'345};
    for (auto delay : delays) wheel.arm(12'346 + delay, 12'346 + delay);
    int64_t last = 0;
    size_t count = 0;
    wheel.expire(int64_t{1} << 36, [&](int64_t due) {
      RC_ASSERT(due >= last);
      last = due;
      ++count;
    });
    RC_ASSERT(count == delays.size());
  });
}
