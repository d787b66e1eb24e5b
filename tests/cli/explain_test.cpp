#include "cli/explain.hpp"

#include <fmt/ranges.h>

#include "tests/cli/cluster_fixture.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using testing::orders_0;
using testing::remove_broker;
using testing::well_cluster;

explanation explain_orders(const cluster_state& cluster,
                           const std::vector<replica_fact>& replicas = {}) {
  const auto& topic = cluster.topics.back();
  return explain_partition(cluster, topic, topic.partitions.front(), replicas);
}

bool says(const std::vector<std::string>& texts, std::string_view part) {
  return fmt::format("{}", fmt::join(texts, "\n")).find(part) != std::string::npos;
}

TEST_CASE("a partition that is well says who leads it and since when") {
  auto told = explain_orders(well_cluster());
  CHECK(told.is_well);
  CHECK(says(told.facts, "broker 1 leads it since leader epoch 0, as the preferred replica"));
  CHECK(says(told.facts, "in sync: 3 of 3 (1,2,3); acks=all needs 2"));
  CHECK(told.advice.empty());
}

TEST_CASE("a replica is out of sync because its broker is gone, or has to catch up") {
  auto cluster = well_cluster();
  remove_broker(cluster, 3);
  auto told = explain_orders(cluster);
  CHECK_FALSE(told.is_well);
  CHECK(says(told.facts, "replica 3 is out of sync: broker 3 is not registered"));
  CHECK(says(told.facts, "one more loss refuses it"));
  cluster = well_cluster();
  std::erase(orders_0(cluster).isr, 3);
  told = explain_orders(cluster, {{1, 2048}, {2, 2048}, {3, 1024}});
  CHECK(says(told.facts, "has to catch up with broker 1; it has 1.0 KiB of 2.0 KiB"));
  told = explain_orders(cluster, {{1, 2048}, {2, 2048}, {3, std::nullopt}});
  CHECK(says(told.facts, "it does not say how far it is"));
}

TEST_CASE("what an election waits for is the last ISR; who is up could lead uncleanly only") {
  auto cluster = well_cluster();
  remove_broker(cluster, 3);
  auto& partition = orders_0(cluster);
  partition.leader = no_broker;
  partition.epoch = 7;
  partition.isr = {3};
  auto told = explain_orders(cluster);
  CHECK(told.verdict == "it has no leader: nobody can read or write it");
  CHECK(says(told.facts, "nobody leads it since leader epoch 7"));
  CHECK(says(told.facts, "only 3 surely has all acknowledged records, and broker 3 is not reg"));
  CHECK(says(told.advice, "start broker 3"));
  CHECK(says(told.advice, "`ottla cluster elect orders/0 --unclean` lets 1,2 lead"));
  partition.isr = {};
  partition.eligible = {3};
  CHECK(says(explain_orders(cluster).facts, "only 3 surely has"));
  partition.eligible = {};
  CHECK(says(explain_orders(cluster).facts, "no replica is known to have all"));
}

TEST_CASE("below min.insync.replicas a partition can be read only") {
  auto cluster = well_cluster();
  orders_0(cluster).isr = {1};
  CHECK(explain_orders(cluster).verdict == "it can be read; writes with acks=all are refused");
}

TEST_CASE("a move says whom it waits for") {
  auto cluster = well_cluster();
  auto& partition = orders_0(cluster);
  partition.replicas = {4, 1, 2, 3};
  partition.adding = {4};
  partition.removing = {3};
  cluster.brokers.push_back({.id = 4});
  auto told = explain_orders(cluster);
  CHECK(says(told.facts, "moved to 4,1,2: adding 4, removing 3"));
  CHECK(says(told.facts, "the move waits for 4 to be in sync"));
}

TEST_CASE("a broker tells its share, and what would stop with it") {
  auto cluster = well_cluster();
  auto told = explain_broker(cluster, 2, broker_disks{.used_bytes = 2048});
  CHECK(told.is_well);
  CHECK(says(told.facts, "it leads 0 partitions and has 1 replica"));
  orders_0(cluster).isr = {2};
  CHECK(says(explain_broker(cluster, 2, broker_disks{}).facts, "stop with it: orders-0"));
  CHECK_FALSE(explain_broker(cluster, 2, std::nullopt).is_well);
  CHECK_FALSE(explain_broker(cluster, 2, broker_disks{.failed_directories = {"/d"}}).is_well);
}

TEST_CASE("a broker that is gone has replicas, or was never there") {
  auto cluster = well_cluster();
  remove_broker(cluster, 3);
  CHECK(explain_broker(cluster, 3, std::nullopt).verdict == "it is not there");
  CHECK(explain_broker(cluster, 9, std::nullopt).verdict == "the cluster knows no such broker");
}

TEST_CASE("a group says who coordinates it, and what its rebalance waits for") {
  group_facts group{.view = {.id = "billing",
                             .state = "PreparingRebalance",
                             .coordinator = 2,
                             .waits_for = "the rebalance waits for members to join again: c-1",
                             .members = {{.id = "c-1"}}}};
  group.offsets_partition = testing::partition_of("__consumer_offsets", 4, {2});
  auto told = explain_group(group);
  CHECK_FALSE(told.is_well);
  CHECK(says(told.facts, "broker 2 coordinates it"));
  CHECK(says(told.facts, "because it leads __consumer_offsets-4 since leader epoch 0"));
  CHECK(says(told.facts, "waits for members to join again: c-1"));
}

TEST_CASE("a stable group is well unless nobody reads some partition") {
  group_facts group{.view = {.id = "billing", .state = "Stable", .members = {{.id = "c-1"}}},
                    .lag = 12};
  CHECK(explain_group(group).is_well);
  group.unassigned = {{"orders", 3}};
  auto told = explain_group(group);
  CHECK_FALSE(told.is_well);
  CHECK(says(told.facts, "no member has orders-3"));
  CHECK(says(told.facts, "12 records are not read yet"));
}

}  // namespace
}  // namespace ottla
