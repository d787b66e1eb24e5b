#include "actors/admin/offset_planning.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

constexpr partition_standing standing{.partition = 3, .committed = 40, .start = 10, .end = 100};

planned_offset plan(const offset_target& target, const partition_standing& where = standing) {
  return plan_offset(target, where);
}

TEST_CASE("a plan says where an offset goes and how many records that skips or repeats") {
  CHECK(plan(to_earliest{}) == planned_offset{3, 40, 10, -30});
  CHECK(plan(to_latest{}) == planned_offset{3, 40, 100, 60});
  CHECK(plan(to_offset{70}) == planned_offset{3, 40, 70, 30});
  CHECK(plan(to_shifted{-5}) == planned_offset{3, 40, 35, -5});
  CHECK(plan(to_shifted{5}) == planned_offset{3, 40, 45, 5});
}

TEST_CASE("a plan stays inside the log") {
  CHECK(plan(to_offset{5}).to == 10);
  CHECK(plan(to_offset{INT64_MAX}).to == 100);
  CHECK(plan(to_shifted{INT64_MAX}).to == 100);
  CHECK(plan(to_shifted{INT64_MIN}).to == 10);
  const partition_standing beyond{.committed = INT64_MAX, .start = 10, .end = 100};
  CHECK(plan(to_shifted{INT64_MAX}, beyond).to == 100);
  CHECK(plan(to_shifted{INT64_MIN}, beyond).to == 10);
}

TEST_CASE("a time without a younger record means the end of the log") {
  auto found = standing;
  CHECK(plan(to_time{5}, found).to == 100);
  found.at_time = 55;
  CHECK(plan(to_time{5}, found).to == 55);
}

TEST_CASE("what was never committed is neither skipped nor repeated") {
  auto fresh = standing;
  fresh.committed.reset();
  CHECK(plan(to_latest{}, fresh) == planned_offset{3, std::nullopt, 100, std::nullopt});
  CHECK(plan(to_shifted{7}, fresh).to == 17);
  auto deleted = standing;
  deleted.committed = 2;  // the log begins at 10 now
  CHECK(plan(to_offset{15}, deleted).skipped == 5);
}

TEST_CASE("the mark of a plan is of where the group stood") {
  const std::vector<planned_offset> plans{plan(to_earliest{}), {4, std::nullopt, 0, std::nullopt}};
  auto other_target = plans;
  other_target[0].to = 99;
  CHECK(mark_of(other_target) == mark_of(plans));
  auto moved = plans;
  moved[0].from = 41;
  CHECK(mark_of(moved) != mark_of(plans));
  moved = plans;
  moved[1].from = 0;
  CHECK(mark_of(moved) != mark_of(plans));
}

}  // namespace
}  // namespace ottla
