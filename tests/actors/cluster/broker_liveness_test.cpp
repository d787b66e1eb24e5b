#include "actors/cluster/broker_liveness.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using seats = std::vector<replica_seat>;

constexpr replica_seat two{2, 20}, three{3, 30}, four{4, 40};

/// Everybody of `others` is reached at time 0.
broker_liveness reaching(const seats& others) {
  broker_liveness all;
  all.follow(others);
  REQUIRE(all.take_due(0) == others);
  for (const auto& seat : others) all.reached(seat);
  return all;
}

}  // namespace

TEST_CASE("a broker whose connection ends is dead only if nobody listens there any more") {
  auto all = reaching({two, three});
  CHECK_FALSE(all.next_due_ms());
  all.lost(two, false, 1'000);
  CHECK(all.take_dead().empty());
  CHECK(all.take_due(1'000).empty());
  REQUIRE(all.next_due_ms() == 1'000 + broker_liveness::first_retry_ms);
  REQUIRE(all.take_due(1'060) == seats{two});

  SECTION("refused") {
    all.lost(two, true, 1'061);
    CHECK(all.take_dead() == seats{two});
    CHECK(all.take_dead().empty());
    REQUIRE(all.take_due(2'061) == seats{two});
    all.lost(two, true, 2'062);
    CHECK(all.take_dead().empty());  // told once
    all.tell_again();
    CHECK(all.take_dead() == seats{two});
    all.follow({{2, 21}, three});
    CHECK(all.take_due(2'062) == seats{{2, 21}});
  }
  SECTION("reached again") {
    all.reached(two);
    CHECK(all.take_dead().empty());
    CHECK_FALSE(all.next_due_ms());
  }
  SECTION("no answer at all") {
    all.lost(two, false, 11'000);
    CHECK(all.take_dead().empty());
    CHECK(all.next_due_ms() == 12'000);
  }
}

TEST_CASE("who was never reached is not believed dead: its address may be wrong") {
  broker_liveness all;
  all.follow({two, three});
  all.take_due(0);
  all.reached(three);
  all.lost(two, true, 1);
  CHECK(all.take_dead().empty());
}

TEST_CASE("a controller that does not reach most of the others believes nobody dead") {
  auto all = reaching({two, three, four});
  for (const auto& seat : {two, three}) all.lost(seat, false, 0);
  all.take_due(100);
  all.lost(two, true, 100);
  CHECK(all.take_dead().empty());  // of the other two, one is in doubt
  all.reached(three);
  all.take_due(1'100);
  all.lost(two, true, 1'101);
  CHECK(all.take_dead() == seats{two});
}

TEST_CASE("of two brokers one tells by itself that the other is gone") {
  auto all = reaching({two});
  all.lost(two, false, 0);
  all.take_due(60);
  all.lost(two, true, 61);
  CHECK(all.take_dead() == seats{two});
}

TEST_CASE("who was found dead alone is told again once most of the others are reached") {
  auto all = reaching({two});
  all.lost(two, false, 0);
  all.take_due(60);
  all.lost(two, true, 61);
  CHECK(all.take_dead() == seats{two});
  all.follow({two, three});  // this broker is the controller now
  all.tell_again();
  CHECK(all.take_dead().empty());
  CHECK(all.take_due(62) == seats{three});
  all.reached(three);
  CHECK(all.take_dead() == seats{two});
}

TEST_CASE("a failure that comes twice counts once") {
  auto all = reaching({two, three});
  all.lost(two, false, 0);
  all.take_due(60);
  all.lost(two, true, 61);
  all.lost(two, false, 61);
  CHECK(all.take_dead() == seats{two});
  all.lost(four, true, 61);  // not of this cluster
  CHECK(all.take_dead().empty());
}

TEST_CASE("a refusal does not count while the next attempt runs") {
  auto all = reaching({two, three, four});
  for (const auto& seat : {two, three}) all.lost(seat, false, 0);
  all.take_due(100);
  all.lost(two, true, 100);
  CHECK(all.take_dead().empty());  // three is in doubt as well
  all.reached(three);
  REQUIRE(all.take_due(1'100) == seats{two});
  all.lost(three, false, 1'100);
  all.take_due(1'160);
  all.reached(three);
  all.lost(four, false, 1'200);
  all.take_due(1'260);
  all.reached(four);
  CHECK(all.take_dead().empty());
  all.reached(two);
  CHECK(all.take_dead().empty());
}

}  // namespace ottla
