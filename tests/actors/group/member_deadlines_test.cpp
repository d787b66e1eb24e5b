#include "actors/group/member_deadlines.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

using namespace ottla;

TEST_CASE("a member expires at its last deadline, earlier or later than the first") {
  member_deadlines deadlines;
  deadlines.set("later", 10);
  deadlines.set("earlier", 30);
  deadlines.set("later", 40);
  deadlines.set("earlier", 20);
  CHECK(deadlines.take_expired(19).empty());
  CHECK(deadlines.take_expired(20) == std::vector<std::string>{"earlier"});
  CHECK(deadlines.take_expired(39).empty());
  CHECK(deadlines.take_expired(40) == std::vector<std::string>{"later"});
  CHECK(deadlines.next_ms() == std::nullopt);
}

TEST_CASE("moving a deadline later does not move the owner's timer") {
  member_deadlines deadlines;
  deadlines.set("a", 10);
  for (int64_t at = 11; at < 100; ++at) deadlines.set("a", at);
  CHECK(deadlines.next_ms() == 10);
  CHECK(deadlines.take_expired(10).empty());
  CHECK(deadlines.next_ms() == 99);
}

TEST_CASE("deadlines behave like a map from member to time") {
  rc::prop("random operations", [] {
    member_deadlines deadlines;
    std::map<std::string, int64_t> model;
    int64_t now = 0;
    const int steps = *rc::gen::inRange(0, 80);
    for (int step = 0; step < steps; ++step) {
      std::string member(1, static_cast<char>('a' + *rc::gen::inRange(0, 5)));
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          deadlines.erase(member);
          model.erase(member);
          break;
        case 1: {
          now += *rc::gen::inRange(0, 20);
          for (const auto& expired : deadlines.take_expired(now)) {
            RC_ASSERT(model.at(expired) <= now);
            model.erase(expired);
          }
          for (const auto& [_, at] : model) RC_ASSERT(at > now);
          break;
        }
        default: {
          const auto at = now + *rc::gen::inRange(1, 30);
          deadlines.set(member, at);
          model[member] = at;
        }
      }
      RC_ASSERT(deadlines.size() == model.size());
      for (const auto& [_, at] : model) RC_ASSERT(*deadlines.next_ms() <= at);
    }
  });
}
