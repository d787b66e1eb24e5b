#include "cli/move_throttle.hpp"

#include "cli/move_pace.hpp"
#include "tests/cli/cluster_fixture.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using testing::orders_0;
using testing::partition_of;
using testing::well_cluster;

TEST_CASE("a throttle names who has each partition and who copies it, also of moves under way") {
  auto cluster = well_cluster();
  auto& moving = orders_0(cluster);
  moving.replicas = {4, 1, 2};
  moving.adding = {4};
  moving.removing = {2};
  cluster.topics.push_back({.name = "audit",
                            .partitions = {partition_of("audit", 0, {1, 2}),
                                           partition_of("audit", 1, {2, 3})}});
  const std::vector<replica_move> moves{{{"audit", 0}, {1, 2}, {4, 2}, 100},
                                        {{"audit", 1}, {2, 3}, {3, 2}, 0}};
  const auto topics = throttled_topics(cluster, moves);
  REQUIRE(topics.size() == 2);
  CHECK(topics[0] == throttled_topic{"audit", "0:1,0:2", "0:4"});  // a new order copies nothing
  CHECK(topics[1] == throttled_topic{"orders", "0:1,0:2", "0:4"});
  CHECK(throttled_topics(well_cluster(), {}).empty());
}

TEST_CASE("a throttled move takes as long as its busiest broker needs") {
  // Broker 1 sends 300, broker 4 takes 200, broker 5 takes 100.
  const std::vector<replica_move> moves{{{"a", 0}, {1, 2}, {4, 5}, 200}, {{"a", 1}, {1}, {4}, 100}};
  CHECK(seconds_at(moves, 100) == 3);
  CHECK(seconds_at(moves, 299) == 2);
  CHECK(seconds_at({{{"a", 0}, {1}, {4}, 500}, {{"a", 1}, {2}, {4}, 500}}, 100) == 10);
  CHECK(seconds_at({{{"a", 0}, {1, 2}, {2, 1}, 0}}, 100) == 0);
}

TEST_CASE("the pace is that of the last half minute, and tells how long the rest takes") {
  move_pace pace;
  CHECK_FALSE(pace.bytes_per_second());
  pace.see(0, 1'000'000);
  CHECK_FALSE(pace.bytes_per_second());
  pace.see(1'000, 990'000);
  CHECK_FALSE(pace.bytes_per_second());  // too early to say
  pace.see(10'000, 900'000);
  CHECK(pace.bytes_per_second() == 10'000);
  CHECK(pace.seconds_left() == 90);
  for (int64_t second = 11; second <= 60; ++second) pace.see(second * 1'000, 900'000);
  CHECK(pace.bytes_per_second() == 0);  // it stands still
  CHECK_FALSE(pace.seconds_left());
  pace.see(61'000, 2'000'000);  // producers are faster
  CHECK(pace.bytes_per_second() == 0);
}

}  // namespace
}  // namespace ottla
