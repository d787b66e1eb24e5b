#include "actors/cluster/leader_election.hpp"

#include <rapidcheck.h>

#include <map>
#include <set>

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

/// Brokers that are there, with their epochs.
struct world {
  std::map<broker_id, broker_epoch> live;
  int32_t min_insync_replicas = 1;
  bool allow_unclean = false;
  std::set<broker_id> going;  ///< Live, and about to go.

  [[nodiscard]] election_view view() const {
    return {.live_seat = [this](broker_id id) -> std::optional<replica_seat> {
              auto found = live.find(id);
              if (found == live.end()) return std::nullopt;
              return replica_seat{found->first, found->second};
            },
            .is_going = [this](broker_id id) { return going.contains(id); },
            .min_insync_replicas = min_insync_replicas,
            .allow_unclean = allow_unclean};
  }
};

}  // namespace

TEST_CASE("the first live replica leads a new partition") {
  world three{.live = {{1, 10}, {2, 20}, {3, 30}}};
  auto record = new_partition({2, 1, 3}, three.view());
  CHECK(record.leader == replica_seat{2, 20});
  CHECK(record.isr.size() == 3);
  CHECK(record.leader_epoch == 0);
  three.live.erase(2);
  auto without = new_partition({2, 1, 3}, three.view());
  CHECK(without.leader == replica_seat{1, 10});
  CHECK(without.isr.size() == 2);
}

TEST_CASE("who is about to go leads only what nobody else can") {
  world three{.live = {{1, 10}, {2, 20}, {3, 30}}, .allow_unclean = true, .going = {1}};
  auto record = new_partition({1, 2, 3}, three.view());
  CHECK(record.isr == std::vector<replica_seat>{{2, 20}, {3, 30}});
  CHECK(record.leader == replica_seat{2, 20});
  alter_isr(record, {{1, 10}, {2, 20}}, three.view());
  CHECK(elect_preferred(record, three.view()) == error_code::preferred_leader_not_available);
  CHECK_FALSE(broker_leaves(record, 2, three.view()));
  // It is in sync, and the third broker is not: no unclean election.
  three.live.erase(2);
  REQUIRE(broker_gone(record, 2, three.view()));
  CHECK(record.leader == replica_seat{1, 10});
  CHECK_FALSE(record.recovering);
}

TEST_CASE("a replica whose log directory has failed leads nothing in that life of its broker") {
  world three{.live = {{1, 10}, {2, 20}, {3, 30}}, .min_insync_replicas = 2};
  auto record = new_partition({1, 2, 3}, three.view());
  REQUIRE(replica_failed(record, {1, 10}, three.view()));
  CHECK(record.leader == replica_seat{2, 20});
  CHECK(record.leader_epoch == 1);
  CHECK(record.isr == std::vector<replica_seat>{{2, 20}, {3, 30}});
  CHECK(record.eligible.empty());
  const auto once = record;
  CHECK_FALSE(replica_failed(record, {1, 10}, three.view()));  // said again
  CHECK_FALSE(replica_failed(record, {4, 40}, three.view()));  // not a replica
  CHECK(record == once);
  CHECK(elect_preferred(record, three.view()) == error_code::preferred_leader_not_available);

  // The others go, and it alone is left: not even an unclean election takes it.
  three.live.erase(2);
  REQUIRE(broker_gone(record, 2, three.view()));
  three.live.erase(3);
  REQUIRE(broker_gone(record, 3, three.view()));
  CHECK(elect_unclean(record, three.view()) == error_code::eligible_leaders_not_available);
  three.allow_unclean = true;
  CHECK_FALSE(elect_if_leaderless(record, three.view()));

  // Another life begins clean.
  three.live[1] = 11;
  auto unclean = record;
  REQUIRE(broker_returned(unclean, {1, 11}, seat_verdict::remove, three.view()));
  CHECK(unclean.leader == replica_seat{1, 11});
  CHECK(unclean.failed.empty());
}

TEST_CASE("the last replica in sync that fails may lead again after a restart") {
  world two{.live = {{1, 10}, {2, 20}}, .min_insync_replicas = 2};
  auto record = new_partition({1, 2}, two.view());
  two.live.erase(2);
  REQUIRE(broker_gone(record, 2, two.view()));
  const auto before = record.leader_epoch;
  REQUIRE(replica_failed(record, {1, 10}, two.view()));
  CHECK(record.leader.id == no_broker);
  CHECK(record.leader_epoch == before + 1);
  CHECK(record.isr.empty());
  CHECK_FALSE(elect_if_leaderless(record, two.view()));
  two.live[1] = 11;
  REQUIRE(broker_returned(record, {1, 11}, seat_verdict::keep, two.view()));
  CHECK(record.leader == replica_seat{1, 11});
  CHECK(record.failed.empty());
  CHECK_FALSE(record.recovering);
}

TEST_CASE("a replica that fails behind the others is only remembered") {
  world three{.live = {{1, 10}, {2, 20}, {3, 30}}};
  auto record = new_partition({1, 2, 3}, three.view());
  alter_isr(record, {{1, 10}, {2, 20}}, three.view());
  const auto before = record;
  REQUIRE(replica_failed(record, {3, 30}, three.view()));
  CHECK(record.leader_epoch == before.leader_epoch);
  CHECK(record.partition_epoch == before.partition_epoch + 1);
  CHECK(record.isr == before.isr);
  CHECK(record.failed == std::vector<replica_seat>{{3, 30}});
  three.live[3] = 31;
  REQUIRE(broker_returned(record, {3, 31}, seat_verdict::keep, three.view()));
  CHECK(record.failed.empty());
}

TEST_CASE("who is about to go hands over what others have in sync, and stays in sync") {
  world three{.live = {{1, 10}, {2, 20}, {3, 30}}};
  auto record = new_partition({1, 2, 3}, three.view());
  CHECK_FALSE(hand_over_leadership(record, three.view()));
  three.going = {1, 2};
  REQUIRE(hand_over_leadership(record, three.view()));
  CHECK(record.leader == replica_seat{3, 30});
  CHECK(record.leader_epoch == 1);
  CHECK(record.partition_epoch == 1);
  CHECK(record.isr.size() == 3);
  CHECK_FALSE(hand_over_leadership(record, three.view()));
  three.going = {1, 2, 3};
  CHECK_FALSE(hand_over_leadership(record, three.view()));  // there is nobody else
  CHECK(record.leader == replica_seat{3, 30});
  three.going = {3};
  three.live.erase(1);
  REQUIRE(hand_over_leadership(record, three.view()));
  CHECK(record.leader == replica_seat{2, 20});
}

TEST_CASE("a broker that returns after a clean stop leads again under a new leader epoch") {
  world one{.live = {{1, 10}}};
  auto record = new_partition({1}, one.view());
  one.live[1] = 11;
  REQUIRE(broker_returned(record, {1, 11}, seat_verdict::keep, one.view()));
  CHECK(record.leader == replica_seat{1, 11});
  CHECK(record.isr == std::vector<replica_seat>{{1, 11}});
  CHECK(record.leader_epoch == 1);
  CHECK(record.partition_epoch == 1);
  CHECK_FALSE(record.recovering);
  CHECK_FALSE(broker_returned(record, {1, 11}, seat_verdict::keep, one.view()));
  CHECK(record.leader_epoch == 1);
}

TEST_CASE("the only replica leads at once after a crash, marked as recovering") {
  world one{.live = {{1, 10}}};
  auto record = new_partition({1}, one.view());
  one.live[1] = 11;
  REQUIRE(broker_returned(record, {1, 11}, seat_verdict::remove, one.view()));
  CHECK(record.leader == replica_seat{1, 11});
  CHECK(record.isr == std::vector<replica_seat>{{1, 11}});
  CHECK(record.leader_epoch == 1);
  CHECK(record.recovering);
  one.live[1] = 12;
  REQUIRE(broker_returned(record, {1, 12}, seat_verdict::keep, one.view()));
  CHECK_FALSE(record.recovering);
}

TEST_CASE("a broker that may have lost records leaves the ISR and another one leads") {
  world two{.live = {{1, 10}, {2, 20}}};
  auto record = new_partition({1, 2}, two.view());
  two.live[1] = 11;
  REQUIRE(broker_returned(record, {1, 11}, seat_verdict::remove, two.view()));
  CHECK(record.leader == replica_seat{2, 20});
  CHECK(record.isr == std::vector<replica_seat>{{2, 20}});
  CHECK(record.leader_epoch == 1);
  CHECK_FALSE(record.recovering);
}

TEST_CASE("a broker that is about to end hands over what others have in sync, and keeps the rest") {
  world three{.live = {{1, 10}, {2, 20}, {3, 30}}};
  auto record = new_partition({1, 2, 3}, three.view());
  three.live.erase(1);  // stopping brokers lead nothing new
  REQUIRE(broker_leaves(record, 1, three.view()));
  CHECK(record.leader == replica_seat{2, 20});
  CHECK(record.leader_epoch == 1);
  CHECK(record.isr == std::vector<replica_seat>{{2, 20}, {3, 30}});
  CHECK_FALSE(broker_gone(record, 1, three.view()));

  three.live.erase(3);
  REQUIRE(broker_leaves(record, 3, three.view()));
  CHECK(record.leader == replica_seat{2, 20});
  const auto alone = record;
  three.live.erase(2);
  CHECK_FALSE(broker_leaves(record, 2, three.view()));
  CHECK(record == alone);
  three.allow_unclean = true;
  three.live[3] = 31;
  CHECK_FALSE(elect_if_leaderless(record, three.view()));  // it still serves
}

TEST_CASE("whoever leaves the ISR below the minimum stays eligible") {
  world three{.live = {{1, 10}, {2, 20}, {3, 30}}, .min_insync_replicas = 2};
  auto record = new_partition({1, 2, 3}, three.view());
  three.live.erase(3);
  REQUIRE(broker_gone(record, 3, three.view()));
  CHECK(record.eligible.empty());  // Two in sync are enough: 3 may fall behind.
  three.live.erase(2);
  REQUIRE(broker_gone(record, 2, three.view()));
  CHECK(record.eligible == std::vector<replica_seat>{{2, 20}});
  three.live.erase(1);
  REQUIRE(broker_gone(record, 1, three.view()));
  CHECK(record.leader.id == no_broker);
  three.live[2] = 21;
  REQUIRE(broker_returned(record, {2, 21}, seat_verdict::keep, three.view()));
  CHECK(record.leader == replica_seat{2, 21});
  CHECK_FALSE(record.recovering);
}

TEST_CASE("nobody is eligible any more once the ISR alone was enough to show records") {
  world two{.live = {{1, 10}, {2, 20}}, .min_insync_replicas = 2};
  auto record = new_partition({1, 2}, two.view());
  two.live.erase(2);
  REQUIRE(broker_gone(record, 2, two.view()));
  REQUIRE(record.eligible == std::vector<replica_seat>{{2, 20}});
  two.min_insync_replicas = 1;  // from now on 1 acknowledges alone
  two.live = {{2, 20}};
  auto led_alone = record;
  REQUIRE(broker_gone(led_alone, 1, two.view()));
  CHECK(led_alone.leader.id == no_broker);
  CHECK(led_alone.eligible == std::vector<replica_seat>{{1, 10}});
  CHECK_FALSE(elect_if_leaderless(led_alone, two.view()));

  CHECK_FALSE(minimum_changed(record, 2));
  REQUIRE(minimum_changed(record, 1));
  CHECK(record.eligible.empty());
  CHECK(record.partition_epoch == 2);
  two.min_insync_replicas = 2;  // raised again: what was shown meanwhile stays shown
  REQUIRE(broker_gone(record, 1, two.view()));
  CHECK(record.leader.id == no_broker);
}

TEST_CASE("an unclean leader is taken only where that is allowed") {
  world two{.live = {{1, 10}, {2, 20}}};
  auto record = new_partition({1, 2}, two.view());
  two.live.erase(2);
  REQUIRE(broker_gone(record, 2, two.view()));
  two.live.erase(1);
  REQUIRE(broker_gone(record, 1, two.view()));
  two.live[2] = 21;
  CHECK_FALSE(elect_if_leaderless(record, two.view()));
  CHECK(elect_preferred(record, two.view()) == error_code::preferred_leader_not_available);
  auto by_request = record;
  CHECK(elect_unclean(by_request, two.view()) == error_code::none);
  CHECK(by_request.leader == replica_seat{2, 21});
  CHECK(by_request.recovering);
  CHECK(elect_unclean(by_request, two.view()) == error_code::election_not_needed);
  two.allow_unclean = true;
  CHECK(elect_if_leaderless(record, two.view()));
  CHECK(record.recovering);
  two = {};
  REQUIRE(broker_gone(record, 2, two.view()));
  CHECK(elect_unclean(record, two.view()) == error_code::eligible_leaders_not_available);
}

TEST_CASE("an unclean leader is one that is being added only if there is no other") {
  world four{.live = {{1, 10}, {2, 20}, {3, 30}}};
  auto record = new_partition({1, 2}, four.view());
  four.live.erase(2);
  REQUIRE(broker_gone(record, 2, four.view()));
  record.eligible.clear();
  record.replicas = {3, 1, 2};
  record.adding = {3};
  four.live.erase(1);
  four.live[2] = 21;
  four.allow_unclean = true;
  REQUIRE(broker_gone(record, 1, four.view()));
  CHECK(record.leader == replica_seat{2, 21});
  four.live.erase(2);
  REQUIRE(broker_gone(record, 2, four.view()));
  CHECK(record.leader == replica_seat{3, 30});
}

TEST_CASE("leadership goes back to the preferred replica on request") {
  world two{.live = {{1, 10}, {2, 20}}};
  auto record = new_partition({1, 2}, two.view());
  CHECK(elect_preferred(record, two.view()) == error_code::election_not_needed);
  record.leader = {2, 20};
  auto epoch = record.leader_epoch;
  CHECK(elect_preferred(record, two.view()) == error_code::none);
  CHECK(record.leader == replica_seat{1, 10});
  CHECK(record.leader_epoch == epoch + 1);
}

TEST_CASE("whatever brokers do, epochs rise and leaders are in sync and alive") {
  rc::check([] {
    world cluster{.min_insync_replicas = *rc::gen::inRange(1, 4),
                  .allow_unclean = *rc::gen::arbitrary<bool>()};
    std::map<broker_id, broker_epoch> epochs;
    for (broker_id id = 1; id <= 3; ++id) cluster.live[id] = epochs[id] = 1;
    auto replicas = *rc::gen::element(std::vector<broker_id>{1}, std::vector<broker_id>{1, 2, 3},
                                      std::vector<broker_id>{3, 1});
    auto record = new_partition(replicas, cluster.view());
    std::set<std::pair<int32_t, replica_seat>> leaders{{record.leader_epoch, record.leader}};
    for (int step = 0; step < 30; ++step) {
      auto id = *rc::gen::inRange(1, 4);
      auto before = record;
      bool changed = false;
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          cluster.live.erase(id);
          changed = broker_gone(record, id, cluster.view());
          break;
        case 1:
          cluster.live[id] = ++epochs[id];
          changed = broker_returned(
              record, {id, epochs[id]},
              *rc::gen::arbitrary<bool>() ? seat_verdict::keep : seat_verdict::remove,
              cluster.view());
          break;
        case 2:
          changed = elect_preferred(record, cluster.view()) == error_code::none;
          break;
        default:
          changed = elect_if_leaderless(record, cluster.view());
      }
      RC_ASSERT(changed == (record != before));
      RC_ASSERT(record.partition_epoch == before.partition_epoch + (changed ? 1 : 0));
      RC_ASSERT(record.leader_epoch >= before.leader_epoch);
      if (record.leader != before.leader) RC_ASSERT(record.leader_epoch > before.leader_epoch);
      if (record.leader.id != no_broker) {
        // At most one leader in an epoch, and one that leads now has its seat in the ISR (I2).
        leaders.insert({record.leader_epoch, record.leader});
        RC_ASSERT(std::ranges::count(leaders, record.leader_epoch,
                                     [](const auto& l) { return l.first; }) == 1);
        RC_ASSERT(std::ranges::find(record.isr, record.leader) != record.isr.end());
      }
      for (const auto& seat : record.eligible) {
        RC_ASSERT(std::ranges::find(record.isr, seat.id, &replica_seat::id) == record.isr.end());
      }
      if (replicas.size() > 1 && !cluster.allow_unclean) RC_ASSERT(!record.recovering);
    }
  });
}

}  // namespace ottla
