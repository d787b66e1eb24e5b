#include "tests/sim/cluster_facts.hpp"

#include "protocol/record_batch_builder.hpp"
#include "tests/support/catch.hpp"

namespace ottla::sim {
namespace {

const topic_id_partition orders{uuid{{std::byte{7}}}, 0};

partition_record led_by(replica_seat leader, int32_t leader_epoch, int32_t partition_epoch) {
  return {.replicas = {1, 2, 3},
          .leader = leader,
          .leader_epoch = leader_epoch,
          .partition_epoch = partition_epoch};
}

std::string batch(log_offset base, leader_epoch epoch, const std::string& value) {
  record_batch_builder builder{{.base_offset = base, .epoch = epoch}};
  builder.append({.timestamp = 1, .value = std::as_bytes(std::span{value})});
  const auto built = *builder.build();
  return {reinterpret_cast<const char*>(built.view().data()), built.view().size()};
}

}  // namespace

TEST_CASE("two leaders in one leader epoch are noticed, whoever tells of the second") {
  leaderships seen;
  CHECK(seen.look("the store", orders, led_by({1, 10}, 4, 8)).empty());
  CHECK(seen.look("broker 2", orders, led_by({1, 10}, 4, 8)).empty());
  CHECK(seen.look("broker 2", orders, led_by({no_broker, no_broker_epoch}, 4, 9)).empty());
  CHECK(seen.look("the store", orders, led_by({2, 11}, 5, 9)).empty());
  CHECK(seen.look("broker 2", orders, led_by({3, 12}, 5, 9)).starts_with("I2: two leaders"));
  CHECK(seen.look("the store", orders, led_by({2, 13}, 5, 10)).starts_with("I2: two leaders"));
}

TEST_CASE("epochs that fall are noticed, but a broker that begins anew may know less") {
  leaderships seen;
  CHECK(seen.look("broker 1", orders, led_by({1, 10}, 4, 8)).empty());
  CHECK(seen.look("broker 2", orders, led_by({2, 9}, 3, 7)).empty());
  CHECK(seen.look("broker 1", orders, led_by({2, 9}, 3, 9)).starts_with("I2: epochs fall"));
  CHECK(seen.look("broker 1", orders, led_by({1, 10}, 4, 7)).starts_with("I2: epochs fall"));
  seen.forget("broker 1");
  CHECK(seen.look("broker 1", orders, led_by({2, 9}, 3, 7)).empty());
}

TEST_CASE("what a commit does wrong to a leadership is noticed in the store") {
  memory_ensemble store;
  leaderships seen;
  auto& node = store.nodes["/buckets/5"];
  const auto write = [&](const partition_record& record) {
    node.value = encode_record(
        bucket_record{.blocks = {{.topic_id = orders.topic_id, .partitions = {record}}}});
    ++node.version;
    return seen.look(store);
  };
  CHECK(write(led_by({1, 10}, 4, 8)).empty());
  CHECK(write(led_by({2, 11}, 5, 9)).empty());
  CHECK(write(led_by({3, 12}, 5, 10)).starts_with("I2: two leaders"));
  CHECK(write(led_by({2, 11}, 4, 11)).starts_with("I2: epochs fall"));
}

TEST_CASE(
    "replicas differ by bytes, by leader epochs and by what one lacks, below the high watermark") {
  memory_file_system one, other;
  const std::string first = batch(0, 1, "a"), second = batch(1, 1, "b"), third = batch(2, 2, "c");
  one.put("/a/orders-0/00000000000000000000.log", first + second);
  one.put("/a/orders-0/00000000000000000002.log", third);
  const auto of = [](const memory_file_system& disk) { return batches_on(disk, "/a/orders-0"); };
  REQUIRE(of(one).size() == 3);
  const auto compare = [&](const std::string& bytes, log_offset high_watermark) {
    other.put("/a/orders-0/00000000000000000000.log", bytes);
    return difference(of(one), of(other), high_watermark);
  };
  CHECK(compare(first + second + third, 3).empty());  // other segments, the same log
  CHECK(compare(first + second, 2).empty());
  CHECK(compare(first + second, 3) == "only one has a batch at 2");
  CHECK(compare(first + second + batch(2, 3, "c"), 3) == "batches differ at 2");
  CHECK(compare(first + second + batch(2, 3, "c"), 2).empty());
  CHECK(compare(first + batch(1, 1, "x") + third, 3) == "batches differ at 1");
  CHECK(compare(second + third, 3).empty());  // the other begins later
  CHECK(compare("", 3) == "only one has a batch at 0");
}

}  // namespace ottla::sim
