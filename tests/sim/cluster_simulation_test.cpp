// Seeds of the simulation of three brokers. OTTLA_SIM_SEED=n runs one seed again,
// OTTLA_CLUSTER_SIM_SEEDS=n that many.
#include "tests/sim/cluster_simulation.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/watchdog.hpp"

namespace ottla::sim {
namespace {

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string report(uint64_t seed, const cluster_result& result) {
  auto text =
      fmt::format("seed {} ({} steps, {} virtual ms):", seed, result.steps, result.virtual_ms);
  for (const auto& each : result.violations) text += "\n  " + each;
  return text + fmt::format("\nagain: OTTLA_SIM_SEED={} test_cluster_sim", seed);
}

}  // namespace

TEST_CASE("three brokers keep their promises through crashes, cut networks and lost sessions") {
  const auto only = number_from_environment("OTTLA_SIM_SEED", 0);
  const auto seeds = number_from_environment("OTTLA_CLUSTER_SIM_SEEDS", 40);
  watchdog patience{static_cast<int>(280 + 10 * seeds)};
  cluster_result sum;
  for (uint64_t seed = only > 0 ? only : 1; seed <= (only > 0 ? only : seeds); ++seed) {
    const auto result = simulate_cluster(seed);
    if (!result.violations.empty()) FAIL(report(seed, result));
    sum.steps += result.steps;
    sum.virtual_ms += result.virtual_ms;
    sum.process_crashes += result.process_crashes;
    sum.power_cuts += result.power_cuts;
    sum.pauses += result.pauses;
    sum.cuts += result.cuts;
    sum.resets += result.resets;
    sum.expired_sessions += result.expired_sessions;
    sum.unknown_commits += result.unknown_commits;
    sum.elections += result.elections;
    sum.records_acknowledged += result.records_acknowledged;
    sum.records_fetched += result.records_fetched;
  }
  fmt::print(
      "simulated: {} steps, {} virtual s, {} process crashes, {} power cuts, {} pauses, {} cut "
      "networks, {} "
      "resets, {} expired sessions, {} commits of unknown end, {} leader epochs, {} records "
      "acknowledged, {} fetched\n",
      sum.steps, sum.virtual_ms / 1000, sum.process_crashes, sum.power_cuts, sum.pauses, sum.cuts,
      sum.resets, sum.expired_sessions, sum.unknown_commits, sum.elections,
      sum.records_acknowledged, sum.records_fetched);
  CHECK(sum.records_acknowledged > 0);
  if (only > 0 || seeds < 40) return;
  // Every kind of trouble has to have come up.
  CHECK(sum.process_crashes > 0);
  CHECK(sum.power_cuts > 0);
  CHECK(sum.pauses > 0);
  CHECK(sum.cuts > 0);
  CHECK(sum.resets > 0);
  CHECK(sum.expired_sessions > 0);
  CHECK(sum.unknown_commits > 0);
  CHECK(sum.elections > 0);
}

TEST_CASE("the simulation of three brokers notices a follower with other bytes") {
  const auto result = simulate_cluster(3, cluster_mistake::follower_has_other_bytes);
  REQUIRE(result.violations.size() == 1);
  CHECK(result.violations.front().starts_with("I5: brokers 1 and 3: batches differ at 0"));
}

TEST_CASE("a simulated cluster does the same again with the same seed") {
  const auto once = simulate_cluster(3);
  const auto again = simulate_cluster(3);
  CHECK(once.trace == again.trace);
  CHECK(once.steps == again.steps);
  CHECK(once.trace != simulate_cluster(4).trace);
}

}  // namespace ottla::sim
