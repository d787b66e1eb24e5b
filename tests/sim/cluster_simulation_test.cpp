// Seeds of the simulation of three brokers. OTTLA_SIM_SEED=n runs one seed again,
// OTTLA_CLUSTER_SIM_SEEDS=n that many, from OTTLA_SIM_FIRST_SEED on.
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
  const auto first = only > 0 ? only : number_from_environment("OTTLA_SIM_FIRST_SEED", 1);
  for (uint64_t seed = first; seed < first + (only > 0 ? 1 : seeds); ++seed) {
    const auto result = simulate_cluster(seed);
    if (!result.violations.empty()) FAIL(report(seed, result));
    sum.steps += result.steps;
    sum.virtual_ms += result.virtual_ms;
    for (const auto& [what, count] : result.counts) sum.counts[what] += count;
  }
  auto text = fmt::format("simulated: {} steps, {} virtual s", sum.steps, sum.virtual_ms / 1000);
  for (const auto& [what, count] : sum.counts) text += fmt::format(", {} {}", count, what);
  fmt::print("{}\n", text);
  CHECK(sum.counts["records acknowledged"] > 0);
  if (only > 0 || seeds < 40) return;
  for (const auto* trouble :
       {"process crashes", "power cuts", "pauses", "cut networks", "resets", "expired sessions",
        "commits of unknown end", "leader epochs", "moves", "cancelled moves"}) {
    INFO("every kind of trouble has to have come up: " << trouble);
    CHECK(sum.counts[trouble] > 0);
  }
}

TEST_CASE("the simulation of three brokers notices a follower with other bytes") {
  const auto result = simulate_cluster(3, cluster_mistake::follower_has_other_bytes);
  REQUIRE(result.violations.size() == 1);
  CHECK(result.violations.front().starts_with("I5: log 0: brokers "));
}

TEST_CASE("a simulated cluster does the same again with the same seed") {
  const auto once = simulate_cluster(3);
  const auto again = simulate_cluster(3);
  CHECK(once.trace == again.trace);
  CHECK(once.steps == again.steps);
  CHECK(once.trace != simulate_cluster(4).trace);
}

}  // namespace ottla::sim
