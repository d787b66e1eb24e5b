#include "cli/cluster_health.hpp"

#include "tests/cli/cluster_fixture.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using testing::orders_0;
using testing::partition_of;
using testing::remove_broker;
using testing::well_cluster;

const finding* find(const health& verdict, std::string_view kind) {
  for (const auto& each : verdict.findings) {
    if (each.kind == kind) return &each;
  }
  return nullptr;
}

TEST_CASE("a cluster with everything in sync and preferred leaders is healthy") {
  auto verdict = judge_cluster(well_cluster());
  CHECK(verdict.findings.empty());
  CHECK(verdict_word(verdict.worst()) == "healthy");
}

TEST_CASE("a lost follower degrades the cluster and is named with its partitions") {
  auto cluster = well_cluster();
  remove_broker(cluster, 3);
  auto verdict = judge_cluster(cluster);
  CHECK(verdict_word(verdict.worst()) == "degraded");
  REQUIRE(find(verdict, "under_replicated_partitions"));
  CHECK(find(verdict, "under_replicated_partitions")->names ==
        std::vector<std::string>{"orders-0"});
  REQUIRE(find(verdict, "missing_broker"));
  CHECK(find(verdict, "missing_broker")->names == std::vector<std::string>{"3"});
  CHECK(find(verdict, "under_min_isr_partitions") == nullptr);
}

TEST_CASE("an ISR below min.insync.replicas breaks the cluster, and is told once") {
  auto cluster = well_cluster();
  remove_broker(cluster, 2);
  remove_broker(cluster, 3);
  auto verdict = judge_cluster(cluster);
  CHECK(verdict_word(verdict.worst()) == "broken");
  CHECK(verdict.findings.front().kind == "under_min_isr_partitions");
  CHECK(find(verdict, "under_replicated_partitions") == nullptr);
}

TEST_CASE("a broker that is being drained is told, and is no preferred leader to go back to") {
  auto cluster = well_cluster();
  auto& drained = cluster.brokers.front();
  drained.is_draining = true;
  orders_0(cluster).leader = orders_0(cluster).replicas[1];
  REQUIRE(orders_0(cluster).replicas.front() == drained.id);
  auto verdict = judge_cluster(cluster);
  CHECK(verdict_word(verdict.worst()) == "healthy");
  REQUIRE(find(verdict, "draining_broker"));
  CHECK(find(verdict, "draining_broker")->text.find("orders-0") != std::string::npos);
  CHECK(find(verdict, "not_preferred_leaders") == nullptr);
}

TEST_CASE("one replica needs no more than one in sync") {
  auto cluster = well_cluster();
  orders_0(cluster) = partition_of("orders", 0, {1});
  auto verdict = judge_cluster(cluster);
  CHECK(find(verdict, "under_min_isr_partitions") == nullptr);
  CHECK(find(verdict, "low_replication_factor"));
}

TEST_CASE("a partition without a leader comes first, with the command that explains it") {
  auto cluster = well_cluster();
  remove_broker(cluster, 2);
  orders_0(cluster).leader = no_broker;
  auto verdict = judge_cluster(cluster);
  CHECK(verdict.findings.front().kind == "offline_partitions");
  CHECK(verdict.findings.front().advice.find("`ottla why orders/0`") == 0);
}

TEST_CASE("topics below the default replication factor are named, internal ones first") {
  auto cluster = well_cluster();
  cluster.topics.insert(cluster.topics.begin(),
                        {.name = "__consumer_offsets",
                         .is_internal = true,
                         .partitions = {partition_of("__consumer_offsets", 0, {1})}});
  cluster.topics.push_back({.name = "audit", .partitions = {partition_of("audit", 0, {2, 3})}});
  auto verdict = judge_cluster(cluster);
  REQUIRE(find(verdict, "low_replication_factor"));
  CHECK(find(verdict, "low_replication_factor")->names ==
        std::vector<std::string>{"__consumer_offsets", "audit"});
}

TEST_CASE("a replica that is being added does not make a partition under-replicated") {
  auto cluster = well_cluster();
  auto& partition = orders_0(cluster);
  partition.replicas = {1, 2, 4, 3};
  partition.adding = {4};
  partition.removing = {3};
  cluster.brokers.push_back({.id = 4});
  auto verdict = judge_cluster(cluster);
  CHECK(verdict.worst() == severity::note);
  CHECK(find(verdict, "moving_partitions"));
}

TEST_CASE("a leader that is not the preferred one is a note while that one is in sync") {
  auto cluster = well_cluster();
  orders_0(cluster).leader = 2;
  auto verdict = judge_cluster(cluster);
  CHECK(verdict_word(verdict.worst()) == "healthy");
  CHECK(find(verdict, "not_preferred_leaders"));
  std::erase(orders_0(cluster).isr, 1);
  CHECK(find(judge_cluster(cluster), "not_preferred_leaders") == nullptr);
}

TEST_CASE("no controller and fenced brokers are told") {
  auto cluster = well_cluster();
  cluster.controller = no_broker;
  cluster.brokers[1].is_fenced = true;
  auto verdict = judge_cluster(cluster);
  CHECK(verdict.findings.front().kind == "no_controller");
  CHECK(find(verdict, "fenced_broker"));
}

TEST_CASE("many names are cut short") {
  CHECK(shortened({"a", "b"}) == "a, b");
  CHECK(shortened({"a", "b", "c", "d", "e", "f", "g"}) == "a, b, c, d, e and 2 more");
}

}  // namespace
}  // namespace ottla
