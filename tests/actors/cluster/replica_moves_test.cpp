#include "actors/cluster/replica_moves.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using ids = std::vector<broker_id>;

// Epoch 10 times the id, wherever it is alive.
election_view view_of(const std::set<broker_id>& live) {
  return {.live_seat = [live](broker_id id) -> std::optional<replica_seat> {
            return live.contains(id) ? std::optional{replica_seat{id, id * 10}} : std::nullopt;
          },
          .min_insync_replicas = 2,
          .allow_unclean = false};
}

const auto all_live = view_of({1, 2, 3, 4, 5, 6});

ids isr_of(const partition_record& record) {
  ids found;
  for (const auto& seat : record.isr) found.push_back(seat.id);
  std::ranges::sort(found);
  return found;
}

void join(partition_record& record, broker_id id) {
  auto isr = record.isr;
  isr.push_back({id, id * 10});
  alter_isr(record, isr, all_live);
  finish_move(record, all_live);
}

}  // namespace

TEST_CASE("a move ends when its new replicas are in sync; whoever leaves owes an answer") {
  auto record = new_partition({1, 2, 3}, all_live);
  REQUIRE(move_replicas(record, {3, 4, 5}, all_live) == error_code::none);
  CHECK(record.replicas == ids{3, 4, 5, 1, 2});
  CHECK(record.adding == ids{4, 5});
  CHECK(record.removing == ids{1, 2});
  CHECK(record.leader.id == 1);
  CHECK(record.leader_epoch == 0);
  CHECK(is_moving(record));
  join(record, 4);
  CHECK(is_moving(record));
  const auto epoch = record.partition_epoch;
  join(record, 5);
  CHECK_FALSE(is_moving(record));
  CHECK(record.partition_epoch > epoch);
  CHECK(record.replicas == ids{3, 4, 5});
  CHECK(isr_of(record) == ids{3, 4, 5});
  CHECK(record.leader == replica_seat{3, 30});
  CHECK(record.leader_epoch > 0);
  CHECK(owes_removal(record, 1));
  CHECK(owes_removal(record, 2));
  CHECK(data_removed(record, 1));
  CHECK_FALSE(data_removed(record, 1));
  CHECK_FALSE(data_removed(record, 3));
  CHECK(record.removing == ids{2});
}

TEST_CASE("a move does not end where it would leave fewer in sync than the minimum") {
  auto record = new_partition({1, 2, 3}, all_live);
  alter_isr(record, {{1, 10}, {2, 20}}, all_live);
  REQUIRE(move_replicas(record, {3, 4}, all_live) == error_code::none);
  join(record, 4);
  CHECK(is_moving(record));  // 4 alone would refuse acks=all, and 1 and 2 do not
  auto lowered = record;
  auto one_is_enough = all_live;
  one_is_enough.min_insync_replicas = 1;
  CHECK(finish_move(lowered, one_is_enough));
  join(record, 3);
  CHECK_FALSE(is_moving(record));
  CHECK(isr_of(record) == ids{3, 4});

  // What is below it already does not get worse: whoever leaves is not in sync.
  auto alone = new_partition({1, 2}, all_live);
  alter_isr(alone, {{1, 10}}, all_live);
  REQUIRE(move_replicas(alone, {1}, all_live) == error_code::none);
  CHECK_FALSE(is_moving(alone));
}

TEST_CASE("a leader that stays goes on under a new epoch, so that nobody who left can fetch") {
  auto record = new_partition({1, 2, 3}, all_live);
  REQUIRE(move_replicas(record, {1, 2}, all_live) == error_code::none);
  CHECK_FALSE(is_moving(record));
  CHECK(record.replicas == ids{1, 2});
  CHECK(record.leader == replica_seat{1, 10});
  CHECK(record.leader_epoch == 1);
  CHECK(owes_removal(record, 3));
}

TEST_CASE("another order of the same replicas is a change of its own") {
  auto record = new_partition({1, 2, 3}, all_live);
  REQUIRE(move_replicas(record, {2, 1, 3}, all_live) == error_code::none);
  CHECK_FALSE(is_moving(record));
  CHECK(record.replicas == ids{2, 1, 3});
  CHECK(record.leader.id == 1);
  CHECK(record.partition_epoch == 1);
  REQUIRE(move_replicas(record, {2, 1, 3}, all_live) == error_code::none);
  CHECK(record.partition_epoch == 1);
}

TEST_CASE("a move that is cancelled leaves what there was") {
  auto record = new_partition({1, 2}, all_live);
  CHECK(cancel_move(record, all_live) == error_code::no_reassignment_in_progress);
  REQUIRE(move_replicas(record, {3, 4}, all_live) == error_code::none);
  join(record, 3);
  REQUIRE(cancel_move(record, all_live) == error_code::none);
  CHECK(record.replicas == ids{1, 2});
  CHECK(isr_of(record) == ids{1, 2});
  CHECK_FALSE(is_moving(record));
  CHECK(record.leader.id == 1);
  CHECK(owes_removal(record, 3));
  CHECK(owes_removal(record, 4));
}

TEST_CASE("a move is redirected, and a broker that is wanted again owes nothing") {
  auto record = new_partition({1, 2}, all_live);
  REQUIRE(move_replicas(record, {3, 4}, all_live) == error_code::none);
  join(record, 3);
  REQUIRE(move_replicas(record, {3, 5}, all_live) == error_code::none);
  CHECK(record.replicas == ids{3, 5, 1, 2});
  CHECK(record.adding == ids{3, 5});
  CHECK(owes_removal(record, 4));
  REQUIRE(move_replicas(record, {4, 1}, all_live) == error_code::none);
  CHECK_FALSE(owes_removal(record, 4));
  CHECK(record.adding == ids{4});
  join(record, 4);
  CHECK(record.replicas == ids{4, 1});
  CHECK_FALSE(is_moving(record));
}

TEST_CASE("a move waits while nobody who stays can lead, and is not cancelled uncleanly") {
  auto record = new_partition({1}, all_live);
  REQUIRE(move_replicas(record, {2}, all_live) == error_code::none);
  join(record, 2);
  CHECK(record.replicas == ids{2});
  CHECK(record.leader.id == 2);

  // Only the new replica is in sync when the old ones have died.
  auto other = new_partition({1}, all_live);
  REQUIRE(move_replicas(other, {2, 3}, all_live) == error_code::none);
  join(other, 2);
  REQUIRE(broker_gone(other, 1, view_of({2, 3})));
  CHECK(other.leader.id == 2);
  other.eligible.clear();
  const auto before = other;
  CHECK(cancel_move(other, view_of({2, 3})) == error_code::invalid_replica_assignment);
  CHECK(other == before);
}

TEST_CASE("whatever is asked, replicas, ISR and leader fit together and epochs only rise") {
  CHECK(rc::check([] {
    auto record = new_partition({1, 2, 3}, all_live);
    const auto steps =
        *rc::gen::container<std::vector<int>>(*rc::gen::inRange(1, 40), rc::gen::inRange(0, 5));
    for (auto step : steps) {
      const auto before = record;
      const auto bits = *rc::gen::inRange(1, 64);
      std::set<broker_id> live;
      for (broker_id id = 1; id <= 6; ++id) {
        if ((bits >> (id - 1) & 1) != 0) live.insert(id);
      }
      const auto view = view_of(live);
      if (step == 0) {
        auto target = *rc::gen::unique<ids>(*rc::gen::inRange<size_t>(1, 4),
                                            rc::gen::inRange<broker_id>(1, 7));
        if (move_replicas(record, target, view) != error_code::none) RC_ASSERT(record == before);
      } else if (step == 1) {
        if (cancel_move(record, view) != error_code::none) RC_ASSERT(record == before);
      } else if (step == 2 && record.leader.id != no_broker) {
        join(record, record.replicas[*rc::gen::inRange<size_t>(0, record.replicas.size())]);
        std::ranges::sort(record.isr);
        record.isr.erase(std::ranges::unique(record.isr).begin(), record.isr.end());
      } else if (step == 3) {
        broker_gone(record, *rc::gen::inRange<broker_id>(1, 7), view);
      } else {
        elect_if_leaderless(record, view);
      }
      RC_ASSERT(!record.replicas.empty());
      RC_ASSERT(record.leader_epoch >= before.leader_epoch);
      RC_ASSERT(record.partition_epoch >= before.partition_epoch);
      RC_ASSERT(record == before || record.partition_epoch > before.partition_epoch);
      RC_ASSERT(!record.isr.empty() || !record.eligible.empty());
      const auto is_replica = [&](broker_id id) {
        return std::ranges::find(record.replicas, id) != record.replicas.end();
      };
      for (const auto& seat : record.isr) RC_ASSERT(is_replica(seat.id));
      for (const auto& seat : record.eligible) RC_ASSERT(is_replica(seat.id));
      for (auto id : record.adding) RC_ASSERT(is_replica(id));
      if (record.leader.id == no_broker) continue;
      RC_ASSERT(std::ranges::find(record.isr, record.leader) != record.isr.end());
      if (record.leader != before.leader) RC_ASSERT(record.leader_epoch > before.leader_epoch);
    }
  }));
}

}  // namespace ottla
