#include "actors/runtime/memory_budget.hpp"

#include <atomic>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

using namespace ottla;

namespace {

constexpr auto clients = memory_pool::clients;
constexpr auto replication = memory_pool::replication;

memory_budget_options tiny() {
  memory_budget_options options;
  options.total_bytes = 1'000;
  options.reserved_bytes = {0, 200, 0, 0};
  options.small_bytes = 10;
  options.small_percent = 10;
  options.oversize_percent = 50;
  return options;
}

}  // namespace

TEST_CASE("a grant is given back when it is dropped") {
  memory_budget budget{tiny()};
  {
    auto grant = budget.try_acquire(clients, 300);
    REQUIRE(grant);
    CHECK(budget.count(clients).used_bytes == 300);
    memory_grant moved = std::move(*grant);
    CHECK(moved.bytes() == 300);
    CHECK(budget.count(clients).used_bytes == 300);
  }
  CHECK(budget.count(clients).used_bytes == 0);
  CHECK(budget.count(clients).peak_bytes == 300);
}

TEST_CASE("no client can take what is reserved for replication") {
  memory_budget budget{tiny()};
  auto all = budget.charge(clients, 800);
  CHECK_FALSE(budget.try_acquire(clients, 1));
  CHECK(budget.try_acquire(replication, 150));
  CHECK_FALSE(budget.can_ever_grant(clients, 900));
  CHECK(budget.can_ever_grant(replication, 900));
}

TEST_CASE("who waits is served in order, and the wake comes with the memory") {
  memory_budget budget{tiny()};
  std::vector<int> woken;
  auto held = budget.try_acquire(clients, 400);
  auto also = budget.try_acquire(clients, 300);
  auto first = budget.wait(clients, 300, [&] { woken.push_back(1); });
  auto second = budget.wait(clients, 20, [&] { woken.push_back(2); });
  CHECK(woken.empty());  // 20 bytes are free, but the first waits before the second
  CHECK_FALSE(budget.try_acquire(clients, 20));
  CHECK(budget.is_short(clients));
  held->release();
  CHECK(woken == std::vector{1, 2});
  CHECK(first.take()->bytes() == 300);
  CHECK_FALSE(first.take());
  CHECK(budget.count(clients).waited_total == 2);
  CHECK_FALSE(budget.is_short(clients));
}

TEST_CASE("small requests pass a queue of large ones") {
  memory_budget budget{tiny()};
  auto held = budget.charge(clients, 720);  // all but what is kept for small ones
  auto large = budget.wait(clients, 300, [] {});
  CHECK(budget.try_acquire(clients, 10));
  CHECK_FALSE(large.take());
}

TEST_CASE("one oversize grant at a time, and others pass it") {
  memory_budget budget{tiny()};
  bool second_woken = false;
  auto first = budget.try_acquire(clients, 420);
  REQUIRE(first);
  auto second = budget.wait(clients, 410, [&] { second_woken = true; });
  auto behind = budget.wait(clients, 50, [] {});
  CHECK(behind.take());
  CHECK_FALSE(second_woken);
  first->release();
  CHECK(second_woken);
  CHECK(second.take());
}

TEST_CASE("leaving the queue lets those behind pass, and returns a grant not fetched") {
  memory_budget budget{tiny()};
  auto held = budget.try_acquire(clients, 400);
  bool woken = false;
  {
    auto blocker = budget.wait(clients, 390, [] {});
    auto behind = budget.wait(clients, 100, [&] { woken = true; });
    CHECK_FALSE(woken);
    blocker.leave();
    CHECK(woken);
  }
  CHECK(budget.count(clients).used_bytes == 400);
  CHECK(budget.count(clients).waiting == 0);
}

TEST_CASE("a holder that stands still is revoked only while somebody waits") {
  memory_budget budget{tiny()};
  int revoked = 0;
  auto grant = budget.try_acquire(clients, 400);
  auto watch = budget.watch_progress(*grant, 0, [&] { ++revoked; });
  CHECK(budget.revoke_stalled(60'000) == 0);
  auto waiting = budget.wait(clients, 390, [] {});
  watch.progressed(10, 59'500);
  SECTION("a holder that has moved lately, but too little in all, is revoked too") {
    CHECK(budget.revoke_stalled(60'000) == 1);
    CHECK(budget.revoke_stalled(61'000) == 0);  // told once
    CHECK(revoked == 1);
    CHECK(budget.count(clients).revoked_total == 1);
  }
  SECTION("a holder that receives at a decent rate keeps its grant") {
    watch.progressed(10'000'000, 59'500);
    CHECK(budget.revoke_stalled(60'000) == 0);
    CHECK(budget.revoke_stalled(60'501) == 1);
  }
  SECTION("a watch that has ended is left alone") {
    watch.end();
    CHECK(budget.revoke_stalled(90'000) == 0);
  }
}

TEST_CASE("the budget is never exceeded by grants, and nothing is lost") {
  rc::prop("any sequence of acquire, wait, take and release", [] {
    memory_budget budget{tiny()};
    std::vector<memory_grant> held;
    std::vector<memory_budget::wait_ticket> waiting;
    const auto steps = *rc::gen::inRange(1, 150);
    for (int i = 0; i < steps; ++i) {
      const auto pool = *rc::gen::element(clients, replication);
      const auto bytes = *rc::gen::inRange<int64_t>(1, 700);
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
          if (auto grant = budget.try_acquire(pool, bytes)) held.push_back(std::move(*grant));
          break;
        case 1:
          if (budget.can_ever_grant(pool, bytes)) {
            waiting.push_back(budget.wait(pool, bytes, [] {}));
          }
          break;
        case 2:
          for (auto& ticket : waiting) {
            if (auto grant = ticket.take()) held.push_back(std::move(*grant));
          }
          std::erase_if(waiting, [](const auto& ticket) { return !ticket; });
          break;
        case 3:
          if (!held.empty())
            held.erase(held.begin() + *rc::gen::inRange<long>(0, std::ssize(held)));
          break;
        default:
          if (!waiting.empty()) waiting.erase(waiting.begin());
      }
      const auto used_by_clients = budget.count(clients).used_bytes;
      const auto used_by_replication = budget.count(replication).used_bytes;
      RC_ASSERT(used_by_clients <= 800);
      RC_ASSERT(used_by_clients + used_by_replication <= 1'000);
    }
    held.clear();
    // Whatever waits is granted now, one after the other.
    while (!waiting.empty()) {
      const auto before = waiting.size();
      for (auto& ticket : waiting) ticket.take();
      std::erase_if(waiting, [](const auto& ticket) { return !ticket; });
      RC_ASSERT(waiting.size() < before);
    }
    RC_ASSERT(budget.count(clients).used_bytes == 0);
    RC_ASSERT(budget.count(replication).used_bytes == 0);
    RC_ASSERT(budget.count(clients).waiting == 0);
  });
}

TEST_CASE("threads that share a budget all get their memory") {
  memory_budget budget{tiny()};
  std::atomic<int> served = 0;
  auto work = [&](int64_t bytes) {
    for (int i = 0; i < 500; ++i) {
      std::atomic<bool> woken = false;
      auto ticket = budget.wait(clients, bytes, [&] {
        woken = true;
        woken.notify_one();
      });
      woken.wait(false);
      if (ticket.take()) ++served;
    }
  };
  std::thread large{work, 390}, medium{work, 100}, small{work, 5};
  large.join();
  medium.join();
  small.join();
  CHECK(served == 1'500);
  CHECK(budget.count(clients).used_bytes == 0);
}
