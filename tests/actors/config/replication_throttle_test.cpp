#include "actors/config/replication_throttle.hpp"

#include "tests/actors/config/config_fixture.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

bool names(const std::string& list, partition_index partition, broker_id broker) {
  return is_throttled({{"leader.replication.throttled.replicas", list}}, throttled_side::leader,
                      partition, broker);
}

bool is_valid(std::string_view list) {
  return bool(check_throttled_replicas("leader.replication.throttled.replicas", list));
}

}  // namespace

TEST_CASE("a topic names the throttled replicas by partition and broker, or all with a star") {
  CHECK(names("0:1,10:2", 0, 1));
  CHECK(names(" 0:1 , 10:2 ", 10, 2));
  CHECK_FALSE(names("0:1,10:2", 0, 2));
  CHECK_FALSE(names("0:1,10:2", 10, 1));
  CHECK_FALSE(names("10:2", 0, 2));
  CHECK_FALSE(names("", 0, 1));
  CHECK(names("*", 7, 7));
}

TEST_CASE("each side has its own list") {
  const config_map overrides{{"follower.replication.throttled.replicas", "0:1"}};
  CHECK(is_throttled(overrides, throttled_side::follower, 0, 1));
  CHECK_FALSE(is_throttled(overrides, throttled_side::leader, 0, 1));
}

TEST_CASE("a list that is neither a star nor of replicas is refused") {
  for (const char* good : {"", "*", "0:1", "0:1,12:345", " 1:2 , 3:4"}) {
    CAPTURE(good);
    CHECK(is_valid(good));
  }
  for (const char* bad : {"1", "0:", ":1", "a:1", "0:1,*", "0:1:2", "-1:1", "none"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_valid(bad));
  }
  const auto checked =
      check_topic_overrides(broker_with({}), {{"follower.replication.throttled.replicas", "0"}});
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == error_code::invalid_config);
}

TEST_CASE("a rate counts for the broker that it is set for, and without one there is no limit") {
  const auto base = broker_with({});
  CHECK(throttled_bytes_per_second(base, throttled_side::leader) == INT64_MAX);
  const auto changed =
      with_dynamic_configs(base, {}, {{"leader.replication.throttled.rate", "1000"}}).config;
  CHECK(throttled_bytes_per_second(changed, throttled_side::leader) == 1000);
  CHECK(throttled_bytes_per_second(changed, throttled_side::follower) == INT64_MAX);
}

}  // namespace ottla
