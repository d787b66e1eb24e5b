#include "cli/reset_plan.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

namespace ottla {
namespace {

const topic_partition p0{"orders", 0};
const topic_partition p1{"orders", 1};
const partition_ranges ranges = {{p0, {10, 100}}, {p1, {0, 50}}};

reset_target to(position where) {
  return {.to = where};
}

TEST_CASE("offsets go to either end, committed or not") {
  auto plan = plan_reset(to({position_kind::earliest}), ranges, {{p0, 40}}, {});
  REQUIRE(plan.size() == 2);
  CHECK(plan[0].before == 40);
  CHECK(plan[0].after == 10);
  CHECK_FALSE(plan[1].before);
  CHECK(plan[1].after == 0);
  plan = plan_reset(to({position_kind::latest}), ranges, {}, {});
  CHECK(plan[0].after == 100);
  CHECK_FALSE(plan[0].was_cut);
}

TEST_CASE("an offset outside the partition is cut to its nearest end and says so") {
  auto plan = plan_reset(to({position_kind::offset, 5}), ranges, {}, {});
  CHECK(plan[0].after == 10);
  CHECK(plan[0].was_cut);
  CHECK(plan[1].after == 5);
  CHECK_FALSE(plan[1].was_cut);
  plan = plan_reset(to({position_kind::offset, 70}), ranges, {}, {});
  CHECK(plan[1].after == 50);
  CHECK(plan[1].was_cut);
}

TEST_CASE("the last N records are counted from the end, as many as there are") {
  auto plan = plan_reset(to({position_kind::last, 20}), ranges, {}, {});
  CHECK(plan[0].after == 80);
  plan = plan_reset(to({position_kind::last, 1000}), ranges, {}, {});
  CHECK(plan[0].after == 10);
  CHECK_FALSE(plan[0].was_cut);
}

TEST_CASE("a time goes to its first record, or to the end where none is that young") {
  auto plan = plan_reset(to({position_kind::time, 123}), ranges, {}, {{p0, 33}, {p1, -1}});
  CHECK(plan[0].after == 33);
  CHECK(plan[1].after == 50);
}

TEST_CASE("a shift needs a committed offset") {
  auto plan = plan_reset({.shift = -15}, ranges, {{p0, 40}}, {});
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].after == 25);
  CHECK(plan_reset({.shift = 5}, ranges, {}, {}).empty());
}

TEST_CASE("every step ends within its partition") {
  rc::prop("whatever the target", [](int64_t value, int64_t shift, int64_t committed) {
    auto kind = *rc::gen::element(position_kind::earliest, position_kind::latest,
                                  position_kind::offset, position_kind::time);
    for (const auto& target :
         {reset_target{.to = position{kind, value}}, reset_target{.shift = shift}}) {
      for (const auto& step : plan_reset(target, ranges, {{p0, committed}}, {{p0, value}})) {
        RC_ASSERT(step.after >= ranges.at(step.which).first);
        RC_ASSERT(step.after <= ranges.at(step.which).end);
      }
    }
  });
}

}  // namespace
}  // namespace ottla
