#include "actors/admin/traffic_totals.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

topic_id_partition key(int topic, partition_index partition = 0) {
  return {uuid{{static_cast<std::byte>(topic)}}, partition};
}

partition_description said(std::string topic, int64_t bytes) {
  return {.which = {std::move(topic), 0}, .traffic = {.appended_bytes = bytes}};
}

TEST_CASE("sums grow by what partitions have counted since the last round") {
  traffic_totals totals;
  totals.add_round({{key(1), said("a", 100)}, {key(2), said("b", 10)}});
  totals.add_round({{key(1), said("a", 150)}, {key(2), said("b", 10)}});
  CHECK(totals.all().appended_bytes == 160);
  CHECK(totals.by_topic().at("a").appended_bytes == 150);
  CHECK(totals.by_topic().at("b").appended_bytes == 10);
}

TEST_CASE("a partition that began anew lets no sum fall") {
  traffic_totals totals;
  totals.add_round({{key(1), said("a", 100)}});
  totals.add_round({{key(1), said("a", 30)}});
  CHECK(totals.all().appended_bytes == 130);
  CHECK(totals.by_topic().at("a").appended_bytes == 130);
}

TEST_CASE("the partitions of a topic are summed up") {
  traffic_totals totals;
  totals.add_round({{key(1, 0), said("a", 1)}, {key(1, 1), said("a", 2)}});
  CHECK(totals.by_topic().at("a").appended_bytes == 3);
}

TEST_CASE("a topic that is gone stays in the sum of all, without a line of its own") {
  traffic_totals totals;
  totals.add_round({{key(1), said("a", 100)}, {key(2), said("b", 1)}});
  totals.add_round({{key(2), said("b", 1)}});
  CHECK(totals.all().appended_bytes == 101);
  CHECK(totals.by_topic().count("a") == 0);
}

}  // namespace
}  // namespace ottla
