#include "actors/partition/pending_acks.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

std::vector<std::string> released(pending_acks<std::string>& pending, log_offset high_watermark) {
  std::vector<std::string> out;
  pending.release(high_watermark, [&](std::string reply) { out.push_back(std::move(reply)); });
  return out;
}

}  // namespace

TEST_CASE("a parked reply is released once the high watermark has passed its batch") {
  pending_acks<std::string> pending;
  pending.park(9, 1000, "first");
  pending.park(19, 1000, "second");

  CHECK(released(pending, 9).empty());  // 9 itself is not yet safe
  CHECK(released(pending, 10) == std::vector<std::string>{"first"});
  CHECK(pending.drain() == std::vector<std::string>{"second"});
  CHECK(pending.empty());
}

TEST_CASE("a retried batch waits with the offset of its first attempt, behind newer ones") {
  pending_acks<std::string> pending;
  pending.park(0, 1000, "first");
  pending.park(1, 1000, "second");
  pending.park(0, 1000, "first again");
  CHECK(released(pending, 1) == std::vector<std::string>{"first", "first again"});
  CHECK(released(pending, 2) == std::vector<std::string>{"second"});
}

TEST_CASE("replies past their deadline are taken out whatever their place") {
  pending_acks<std::string> pending;
  pending.park(1, 500, "patient");
  pending.park(2, 100, "hasty");
  CHECK(pending.next_deadline_ms() == 100);
  CHECK(pending.expire(99).empty());
  CHECK(pending.expire(100) == std::vector<std::string>{"hasty"});
  CHECK(pending.next_deadline_ms() == 500);
  CHECK(released(pending, 2) == std::vector<std::string>{"patient"});
}
