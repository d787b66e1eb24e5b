#include "actors/partition/replication_quota.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

const topic_id_partition a0{uuid{}, 0};
const topic_id_partition a1{uuid{}, 1};

}  // namespace

TEST_CASE("without a limit nothing is ever too much") {
  replication_quota quota;
  quota.record(INT64_MAX / 2, 0);
  CHECK_FALSE(quota.is_limited());
  CHECK_FALSE(quota.is_exceeded(0));
}

TEST_CASE("what was taken beyond the limit is paid back at the limit") {
  replication_quota quota;
  quota.limit(1000);
  CHECK_FALSE(quota.is_exceeded(50));
  quota.record(3000, 50);  // one second was saved up
  CHECK(quota.is_exceeded(50));
  CHECK(quota.is_exceeded(2050));
  CHECK_FALSE(quota.is_exceeded(2051));
}

TEST_CASE("in the long run as much goes through as the limit says") {
  replication_quota quota;
  quota.limit(1000);
  int64_t sent = 0;
  for (int64_t now_ms = 0; now_ms < 100'000; now_ms += 10) {
    if (quota.is_exceeded(now_ms)) continue;
    quota.record(1700, now_ms);
    sent += 1700;
  }
  CHECK(sent > 99'000);
  CHECK(sent < 104'000);
}

TEST_CASE("rest saves up one second, and a debt is forgotten beyond ten") {
  replication_quota quota;
  quota.limit(1000);
  quota.record(1'000'000, 0);
  CHECK(quota.is_exceeded(9'999));
  CHECK_FALSE(quota.is_exceeded(10'001));
  quota.record(1'000, 1'000'000);
  CHECK(quota.is_exceeded(1'000'000));
}

TEST_CASE("a new limit counts at once, and none lets everything through") {
  replication_quota quota;
  quota.limit(10);
  quota.record(100, 0);
  CHECK(quota.is_exceeded(1'000));
  quota.limit(1'000'000);
  CHECK_FALSE(quota.is_exceeded(1'001));
  quota.record(9'000'000, 1'001);
  quota.limit(1'000);
  CHECK(quota.is_exceeded(1'002));
  CHECK_FALSE(quota.is_exceeded(11'003));  // ten seconds are owed, at the new limit too
  quota.limit(0);
  CHECK(quota.is_exceeded(11'004));
  quota.limit(INT64_MAX);
  CHECK_FALSE(quota.is_exceeded(11'005));
}

TEST_CASE("a clock that steps back neither gives nor takes") {
  replication_quota quota;
  quota.limit(1000);
  quota.record(1500, 5'000);
  CHECK(quota.is_exceeded(100));
  CHECK(quota.is_exceeded(5'400));
  CHECK_FALSE(quota.is_exceeded(5'501));
}

TEST_CASE("only the partitions that it is for are counted and held back") {
  const replica_throttle throttle{std::make_shared<replication_quota>(),
                                  [](const auto& which) { return which.partition == 0; }};
  throttle.quota->limit(1000);
  throttle.count(a1, 100'000, 0);
  CHECK_FALSE(throttle.holds_back(a0, 0));
  throttle.count(a0, 2'000, 0);
  CHECK(throttle.holds_back(a0, 0));
  CHECK_FALSE(throttle.holds_back(a1, 0));
  CHECK_FALSE(replica_throttle{}.holds_back(a0, 0));
}

}  // namespace ottla
