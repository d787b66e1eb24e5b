#include "cli/replica_plan.hpp"

#include <algorithm>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

namespace ottla {
namespace {

std::vector<plan_broker> brokers(const std::vector<broker_id>& ids) {
  std::vector<plan_broker> result;
  for (auto id : ids) result.push_back({.id = id});
  return result;
}

std::vector<plan_partition> partitions(const std::vector<std::vector<broker_id>>& replicas,
                                       int64_t bytes = 100) {
  std::vector<plan_partition> result;
  for (const auto& ids : replicas) {
    result.push_back({{"orders", static_cast<partition_index>(result.size())}, ids, bytes});
  }
  return result;
}

int64_t bytes_of(const std::vector<replica_move>& moves) {
  int64_t bytes = 0;
  for (const auto& move : moves) bytes += move.bytes;
  return bytes;
}

TEST_CASE("an even cluster is left alone") {
  auto even = partitions({{1, 2}, {2, 3}, {3, 1}});
  CHECK(plan_replicas(even, {brokers({1, 2, 3})})->empty());
}

TEST_CASE("new brokers get their share, and no more is moved than that takes") {
  auto crowded = partitions({{1, 2}, {2, 1}, {1, 2}, {2, 1}});
  auto moves = *plan_replicas(crowded, {brokers({1, 2, 3, 4})});
  auto after = loads_after(crowded, moves);
  for (broker_id id : {1, 2, 3, 4}) {
    CHECK(after[id].replicas == 2);
    CHECK(after[id].leaders == 1);
  }
  CHECK(bytes_of(moves) == 400);
}

TEST_CASE("a drained broker loses everything, and nothing else moves") {
  auto all = partitions({{1, 2}, {2, 3}, {3, 1}, {1, 3}});
  auto moves = *plan_replicas(all, {.brokers = brokers({1, 2, 4}), .is_balanced = false});
  CHECK(moves.size() == 3);
  for (const auto& move : moves) {
    CHECK(std::ranges::find(move.before, 3) != move.before.end());
    CHECK(std::ranges::find(move.after, 3) == move.after.end());
    CHECK(move.after.size() == 2);
  }
}

TEST_CASE("a broker cannot be drained where no other could take its replicas") {
  auto refused = plan_replicas(partitions({{1, 2, 3}}), {.brokers = brokers({1, 2})});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == error_code::invalid_replication_factor);
  CHECK(refused.error().message ==
        "orders-0 needs 3 brokers for its replicas, and 2 can have them");
}

TEST_CASE("a broker that is away keeps its replicas and gets none") {
  std::vector<plan_broker> there = {{1, std::nullopt}, {2, std::nullopt, false}, {4, std::nullopt}};
  auto moves =
      *plan_replicas(partitions({{3, 2}, {2, 1}}), {.brokers = there, .is_balanced = false});
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].after == std::vector<broker_id>{2, 4});
  there.pop_back();
  CHECK_FALSE(plan_replicas(partitions({{3, 1}}), {.brokers = there, .is_balanced = false}));
}

TEST_CASE("the replication factor rises and falls, and leaders keep their partitions") {
  auto single = partitions({{1}, {2}, {3}});
  auto moves = *plan_replicas(single, {brokers({1, 2, 3}), 3});
  REQUIRE(moves.size() == 3);
  for (const auto& move : moves) {
    CHECK(move.after.size() == 3);
    CHECK(move.after.front() == move.before.front());
    CHECK(move.bytes == 200);
  }
  auto triple = partitions({{1, 2, 3}, {2, 3, 1}, {3, 1, 2}});
  moves = *plan_replicas(triple, {brokers({1, 2, 3}), 1});
  CHECK(bytes_of(moves) == 0);
  for (const auto& move : moves) CHECK(move.after == std::vector{move.before.front()});
}

TEST_CASE("replicas spread over racks") {
  std::vector<plan_broker> in_racks = {{1, "a"}, {2, "a"}, {3, "b"}, {4, "b"}};
  auto moves = *plan_replicas(partitions({{1, 2}, {3, 4}}), {in_racks});
  for (const auto& move : moves) {
    CHECK((move.after[0] <= 2) != (move.after[1] <= 2));
  }
  CHECK(moves.size() == 2);
  moves = *plan_replicas(partitions({{1}, {3}}), {in_racks, 2});
  for (const auto& move : moves) CHECK((move.after[0] <= 2) != (move.after[1] <= 2));
}

TEST_CASE("leaders even out by order alone") {
  auto moves = *plan_replicas(partitions({{1, 2}, {1, 2}, {1, 2}, {1, 2}}), {brokers({1, 2})});
  CHECK(moves.size() == 2);
  CHECK(bytes_of(moves) == 0);
}

TEST_CASE("bytes even out where numbers are even already") {
  auto lopsided = partitions({{1}, {1}, {2}, {2}}, 0);
  lopsided[0].bytes = lopsided[1].bytes = 1000;
  auto moves = *plan_replicas(lopsided, {brokers({1, 2})});
  auto after = loads_after(lopsided, moves);
  CHECK(after[1].bytes == 1000);
  CHECK(after[2].bytes == 1000);
  CHECK(after[1].replicas == 2);
  CHECK(bytes_of(moves) == 1000);
}

TEST_CASE("any plan keeps every partition whole, and every load even") {
  rc::prop("plans", [](bool is_wider) {
    auto count = *rc::gen::inRange(2, 7);
    std::vector<broker_id> ids;
    for (broker_id id = 1; id <= count; ++id) ids.push_back(id);
    auto all = partitions({}, 0);
    auto size = *rc::gen::inRange<size_t>(0, 40);
    for (size_t i = 0; i < size; ++i) {
      auto replicas = *rc::gen::unique<std::vector<broker_id>>(
          *rc::gen::inRange<size_t>(1, static_cast<size_t>(count)), rc::gen::elementOf(ids));
      all.push_back({{"t", static_cast<partition_index>(i)},
                     replicas,
                     *rc::gen::inRange<int64_t>(0, 1'000'000)});
    }
    if (is_wider) ids.push_back(static_cast<broker_id>(ids.size() + 1));
    auto moves = *plan_replicas(all, {brokers(ids)});
    std::set<topic_partition> seen;
    for (const auto& move : moves) {
      RC_ASSERT(seen.insert(move.which).second);
      RC_ASSERT(move.before != move.after);
      RC_ASSERT(move.before.size() == move.after.size());
      RC_ASSERT(std::set(move.after.begin(), move.after.end()).size() == move.after.size());
    }
    auto after = loads_after(all, moves);
    auto [least, most] =
        std::ranges::minmax(ids, {}, [&](broker_id id) { return after[id].replicas; });
    RC_ASSERT(after[most].replicas - after[least].replicas <= 1);
    for (auto& partition : all) {
      for (const auto& move : moves) {
        if (move.which == partition.which) partition.replicas = move.after;
      }
    }
    int64_t replicas_moved = 0;
    const auto again = plan_replicas(all, {brokers(ids)});
    RC_ASSERT(again);
    for (const auto& move : *again) replicas_moved += move.bytes;
    RC_ASSERT(replicas_moved == 0);  // What is even stays where it is.
  });
}

}  // namespace
}  // namespace ottla
