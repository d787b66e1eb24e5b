#include "cli/reassignment.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

TEST_CASE("plans are in the JSON of Kafka's tool, sorted by partition") {
  auto wanted = parse_reassignment(
      R"({"version":1,"partitions":[{"topic":"b","partition":0,"replicas":[3]},
          {"topic":"a","partition":2,"replicas":[2,1],"log_dirs":["any","any"]}]})");
  REQUIRE(wanted);
  REQUIRE(wanted->size() == 2);
  CHECK(wanted->front().which == topic_partition{"a", 2});
  CHECK(*wanted->front().replicas == std::vector<broker_id>{2, 1});
  auto again = parse_reassignment(reassignment_text(*wanted));
  REQUIRE(again);
  CHECK(again->back().which == topic_partition{"b", 0});
  CHECK(*again->back().replicas == std::vector<broker_id>{3});
}

TEST_CASE("a plan that cannot be meant is refused with the reason") {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "no JSON"},
      {"[]", "no list of partitions"},
      {R"({"version":2,"partitions":[]})", "only version 1"},
      {R"({"partitions":[]})", "is empty"},
      {R"({"partitions":[{"topic":"a","partition":0}]})", "needs a topic"},
      {R"({"partitions":[{"topic":"a","partition":-1,"replicas":[1]}]})", "needs a topic"},
      {R"({"partitions":[{"topic":"a","partition":0,"replicas":[]}]})", "a-0"},
      {R"({"partitions":[{"topic":"a","partition":0,"replicas":[1,1]}]})", "a-0"},
      {R"({"partitions":[{"topic":"a","partition":0,"replicas":["1"]}]})", "a-0"},
      {R"({"partitions":[{"topic":"a","partition":0,"replicas":[1]},
                         {"topic":"a","partition":0,"replicas":[2]}]})",
       "named twice"}};
  for (const auto& [text, reason] : wrong) {
    auto parsed = parse_reassignment(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == error_code::invalid_request);
    CHECK(parsed.error().message.find(reason) != std::string::npos);
  }
}

TEST_CASE("replicas are in place if they are there in the order that is wanted and nothing moves") {
  cluster_state cluster;
  cluster.topics = {{.name = "a",
                     .partitions = {{.which = {"a", 0}, .replicas = {1, 2}},
                                    {.which = {"a", 1}, .replicas = {1, 2}, .removing = {2}}}}};
  CHECK(is_in_place(cluster, {{"a", 0}, {{1, 2}}}));
  CHECK_FALSE(is_in_place(cluster, {{"a", 0}, {{2, 1}}}));
  CHECK_FALSE(is_in_place(cluster, {{"a", 0}, {{1}}}));
  CHECK_FALSE(is_in_place(cluster, {{"a", 1}, {{1, 2}}}));
  CHECK_FALSE(is_in_place(cluster, {{"a", 2}, {{1, 2}}}));
  CHECK_FALSE(is_in_place(cluster, {{"b", 0}, {{1, 2}}}));
  CHECK_FALSE(is_in_place(cluster, {{"a", 0}, std::nullopt}));
}

TEST_CASE("progress is told in words") {
  CHECK(to_text(move_progress{}) == "no partition is being moved");
  CHECK(to_text(move_progress{1, 4096, 1024}) ==
        "1 partition is being moved, 1.0 KiB of 4.0 KiB copied");
}

}  // namespace
}  // namespace ottla
