#include <cstdlib>

#include "tests/actors/partition/replication_model.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/safety_rules.hpp"

namespace ottla {
namespace {

constexpr int steps_per_walk = 400;

/// The first seed whose walk breaks something, if there is one.
std::optional<uint64_t> first_broken(uint64_t walks, std::string& why) {
  for (uint64_t seed = 1; seed <= walks; ++seed) {
    replication_model world(seed);
    for (int i = 0; i < steps_per_walk; ++i) {
      if (world.step()) continue;
      why = world.broken();
      return seed;
    }
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("whatever happens to three replicas, what was shown once stays") {
  std::string why;
  auto seed = first_broken(4000, why);
  INFO("seed " << seed.value_or(0) << ": " << why);
  CHECK_FALSE(seed);
}

TEST_CASE("random walks show and elect enough to mean something") {
  log_offset shown = 0;
  int elections = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    replication_model world(seed);
    for (int i = 0; i < steps_per_walk && world.step(); ++i) {
    }
    shown += world.shown();
    elections += world.elections();
  }
  CHECK(shown > 400);
  CHECK(elections > 300);
}

TEST_CASE("random walks find the rules that are missing") {
  for (auto rule :
       {safety_rule::high_watermark_needs_min_insync, safety_rule::proposed_member_counts,
        safety_rule::leaving_member_counts, safety_rule::unknown_answer_counts,
        safety_rule::join_from_epoch_start, safety_rule::newer_record_only,
        safety_rule::leader_counts_flushed, safety_rule::diverging_fetch_does_not_count,
        safety_rule::answer_fits_question}) {
    without_rule removed(rule);
    std::string why;
    auto seed = first_broken(20'000, why);
    INFO("rule " << static_cast<int>(rule));
    CHECK(seed);
    if (seed && std::getenv("OTTLA_SHOW") != nullptr) {
      WARN("rule " << static_cast<int>(rule) << " seed " << *seed << ": " << why);
    }
  }
}

}  // namespace ottla
