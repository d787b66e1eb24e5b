#include "actors/cluster/topic_names.hpp"

#include "tests/support/catch.hpp"

namespace ottla {

TEST_CASE("topic names follow Kafka's rules") {
  for (const char* good : {"a", "A.b_c-9", "...", "__consumer_offsets", "-"}) {
    CHECK_FALSE(topic_name_problem(good));
  }
  CHECK_FALSE(topic_name_problem(std::string(249, 'x')));
  CHECK(topic_name_problem(std::string(250, 'x')));
  for (const char* bad : {"", ".", "..", "a b", "a/b", "a\xc3\xa4", "a:b", "a,b", "a\n"}) {
    CHECK(topic_name_problem(bad));
  }
  CHECK(topic_name_problem(std::string_view("a\0b", 3)));
}

TEST_CASE("names that differ by dots and underscores have one key") {
  CHECK(collision_key("a.b_c") == collision_key("a_b.c"));
  CHECK(collision_key("a-b") != collision_key("a.b"));
  CHECK(can_collide("a.b"));
  CHECK_FALSE(can_collide("ab-c"));
}

}  // namespace ottla
