// Seeds of the whole-node simulation. OTTLA_SIM_SEED=n runs one seed again, OTTLA_SIM_SEEDS=n that
// many, from OTTLA_SIM_FIRST_SEED on.
#include "tests/sim/simulation.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "tests/sim/history.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/watchdog.hpp"

namespace ottla::sim {
namespace {

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string report(uint64_t seed, const simulation_result& result) {
  auto text =
      fmt::format("seed {} ({} steps, {} virtual ms):", seed, result.steps, result.virtual_ms);
  for (const auto& each : result.violations) text += "\n  " + each;
  return text + fmt::format("\nagain: OTTLA_SIM_SEED={} test_sim", seed);
}

/// Whether a mistake is noticed within so many seeds, and by what.
bool is_noticed(simulation_options options, const std::string& invariant, uint64_t seeds) {
  for (options.seed = 1; options.seed <= seeds; ++options.seed) {
    for (const auto& each : simulate(options).violations) {
      if (each.find(invariant) != std::string::npos) return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("a node keeps its promises through crashes, full disks and cut connections") {
  const auto only = number_from_environment("OTTLA_SIM_SEED", 0);
  const auto seeds = number_from_environment("OTTLA_SIM_SEEDS", 200);
  watchdog patience{static_cast<int>(280 + seeds)};
  simulation_result sum;
  const auto first = only > 0 ? only : number_from_environment("OTTLA_SIM_FIRST_SEED", 1);
  for (uint64_t seed = first; seed < first + (only > 0 ? 1 : seeds); ++seed) {
    const auto result = simulate({.seed = seed});
    if (!result.violations.empty()) FAIL(report(seed, result));
    sum.steps += result.steps;
    sum.virtual_ms += result.virtual_ms;
    sum.power_cuts += result.power_cuts;
    sum.process_crashes += result.process_crashes;
    sum.clean_stops += result.clean_stops;
    sum.full_disks += result.full_disks;
    sum.failed_syncs += result.failed_syncs;
    sum.clock_jumps += result.clock_jumps;
    sum.moves += result.moves;
    sum.records_acknowledged += result.records_acknowledged;
    sum.records_fetched += result.records_fetched;
  }
  fmt::print(
      "simulated: {} steps, {} virtual s, {} power cuts, {} process crashes, {} clean stops, {} "
      "full disks, {} failed syncs, {} clock jumps, {} moves, {} records acknowledged, {} "
      "fetched\n",
      sum.steps, sum.virtual_ms / 1000, sum.power_cuts, sum.process_crashes, sum.clean_stops,
      sum.full_disks, sum.failed_syncs, sum.clock_jumps, sum.moves, sum.records_acknowledged,
      sum.records_fetched);
  CHECK(sum.records_acknowledged > 0);
  if (only > 0 || seeds < 200) return;
  // Every kind of trouble has to have come up.
  CHECK(sum.power_cuts > 0);
  CHECK(sum.process_crashes > 0);
  CHECK(sum.clean_stops > 0);
  CHECK(sum.full_disks > 0);
  CHECK(sum.failed_syncs > 0);
  CHECK(sum.clock_jumps > 0);
  CHECK(sum.moves > 0);
}

TEST_CASE("a simulated run is the same again with the same seed, and another with another") {
  std::vector<uint64_t> traces;
  for (uint64_t seed : {3u, 14u, 15u}) {
    const auto once = simulate({.seed = seed});
    const auto again = simulate({.seed = seed});
    INFO("seed " << seed);
    CHECK(once.trace == again.trace);
    CHECK(once.steps == again.steps);
    traces.push_back(once.trace);
  }
  CHECK(traces[0] != traces[1]);
  CHECK(traces[1] != traces[2]);
}

TEST_CASE("the simulation notices a disk that only says that it has synced") {
  CHECK(is_noticed({.lie = disk_lie::sync_does_nothing}, "I3: ", 30));
  CHECK(is_noticed({.lie = disk_lie::sync_does_nothing}, "I4: ", 30));
}

TEST_CASE("the history notices an acknowledged record that nobody can read in the end") {
  history facts{1};
  facts.acknowledged(0, 0, {.producer = 1, .number = 0});
  facts.check_whole(0, {});
  REQUIRE_FALSE(facts.violations.empty());
  CHECK(facts.violations.front().starts_with("I1: "));
}

TEST_CASE("the simulation notices a disk that reads wrong bits") {
  CHECK(is_noticed({.lie = disk_lie::reads_flip_a_bit}, "I8", 10));
}

TEST_CASE("the simulation notices records that are there twice") {
  CHECK(is_noticed({.producers_retry_blindly = true}, "I14", 30));
}

}  // namespace ottla::sim
