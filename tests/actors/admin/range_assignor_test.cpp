#include "actors/admin/range_assignor.hpp"

#include "actors/group/consumer_subscription.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using partitions = std::vector<topic_partition>;

int32_t three_or_five(const std::string& topic) {
  return topic == "five" ? 5 : topic == "three" ? 3 : 0;
}

TEST_CASE("each topic's partitions are dealt in ranges, the first members get one more") {
  const auto assigned = assign_ranges(
      {{"b", {}, {"five", "three"}}, {"a", {}, {"five", "three", "five"}}}, three_or_five);
  CHECK(assigned.at("a") ==
        partitions{{"five", 0}, {"five", 1}, {"five", 2}, {"three", 0}, {"three", 1}});
  CHECK(assigned.at("b") == partitions{{"five", 3}, {"five", 4}, {"three", 2}});
}

TEST_CASE("static members come first, by their instance") {
  const auto assigned = assign_ranges(
      {{"a", {}, {"three"}}, {"z", "i2", {"three"}}, {"y", "i3", {"three"}}}, three_or_five);
  CHECK(assigned.at("z") == partitions{{"three", 0}});
  CHECK(assigned.at("y") == partitions{{"three", 1}});
  CHECK(assigned.at("a") == partitions{{"three", 2}});
}

TEST_CASE("only who subscribes to a topic gets of it, and nobody is left out of the answer") {
  const auto assigned = assign_ranges(
      {{"a", {}, {"three"}}, {"b", {}, {"five", "gone"}}, {"c", {}, {}}}, three_or_five);
  CHECK(assigned.at("a").size() == 3);
  CHECK(assigned.at("b").size() == 5);
  CHECK(assigned.at("c").empty());
}

TEST_CASE("what is encoded reads like Kafka's own") {
  CHECK(subscribed_topics(encode_subscription({"x", "y"}).view()) ==
        std::vector<std::string>{"x", "y"});
  const partitions some{{"x", 0}, {"x", 2}, {"y", 1}};
  CHECK(assigned_partitions(encode_assignment(some).view()) == some);
  CHECK(assigned_partitions(encode_assignment({}).view()).empty());
}

}  // namespace
}  // namespace ottla
