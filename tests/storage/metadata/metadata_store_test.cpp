// One suite for every metadata store: whatever passes it can hold a cluster.
#include "storage/metadata/metadata_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/endian.hpp"
#include "storage/metadata/cluster_records.hpp"
#include "tests/storage/metadata/store_places.hpp"

namespace ottla {
namespace {

using status = commit_result::status;

}  // namespace

TEMPLATE_TEST_CASE("a node counts its changes from zero", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  CHECK(one.events == std::vector{session_event::connected});
  CHECK_FALSE(one.read("/a").exists());
  CHECK(one.read("/a").version == absent_version);
  CHECK(one.commit({create("/a", "first")}).committed());
  CHECK(one.read("/a").version == 0);
  CHECK(as_text(one.read("/a").value.view()) == "first");
  CHECK(one.commit({set("/a", 0, "second")}).committed());
  CHECK(one.commit({set("/a", any_version, "")}).committed());
  CHECK(one.read("/a").version == 2);
  CHECK(one.read("/a").value.empty());
  CHECK(one.commit({remove("/a", 2)}).committed());
  CHECK_FALSE(one.read("/a").exists());
}

TEMPLATE_TEST_CASE("a commit happens whole or not at all", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  REQUIRE(one.commit({create("/epoch"), create("/a", "1")}).committed());
  auto stale = one.commit({set("/a", 0, "2"), create("/b"), check("/epoch", 7)});
  CHECK(stale.what == status::conflict);
  CHECK(stale.conflicting_step == 2);
  CHECK(one.read("/a").version == 0);
  CHECK_FALSE(one.read("/b").exists());
  CHECK(one.commit({create("/a")}).what == status::conflict);
  CHECK(one.commit({set("/nowhere", any_version, "")}).what == status::conflict);
  CHECK(one.commit({remove("/nowhere")}).what == status::conflict);
  CHECK(one.commit({check("/nowhere", any_version)}).what == status::conflict);
  CHECK(one.commit({check("/epoch", 0), set("/a", 0, "2"), create("/b")}).committed());
  CHECK(as_text(one.read("/a").value.view()) == "2");
}

TEMPLATE_TEST_CASE("steps of a commit see the earlier ones", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  CHECK(one.commit({create("/a", "1"), set("/a", 0, "2"), check("/a", 1)}).committed());
  CHECK(one.commit({remove("/a", 1), create("/a", "3")}).committed());
  CHECK(one.read("/a").version == 0);
}

TEMPLATE_TEST_CASE("many nodes are read in the order asked for", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  REQUIRE(one.commit({create("/a", "A"), create("/b", "B")}).committed());
  auto nodes = one.read_all({"/b", "/none", "/a"});
  REQUIRE(nodes.size() == 3);
  CHECK(as_text(nodes[0].value.view()) == "B");
  CHECK_FALSE(nodes[1].exists());
  CHECK(nodes[2].path == "/a");
}

TEMPLATE_TEST_CASE("a list holds the names directly below", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  REQUIRE(one.commit({create("/brokers/2"), create("/brokers/10"), create("/brokers/10/deep"),
                      create("/brokersX/1"), create("/brokers-old/1")})
              .committed());
  CHECK(one.list("/brokers") == std::vector<std::string>{"10", "2"});
  CHECK(one.list("/empty").empty());
}

TEMPLATE_TEST_CASE("ephemeral nodes go with their session, and creation ids only rise", "[store]",
                   EVERY_STORE) {
  TestType place;
  creation_id first = 0;
  {
    store_session one(place);
    auto result = one.commit({ephemeral("/brokers/1", "me"), create("/lasting")});
    REQUIRE(result.committed());
    first = result.id;
    CHECK(first > 0);
    CHECK(one.read("/brokers/1").created == first);
    CHECK(one.read("/lasting").created == first);
    REQUIRE(one.commit({set("/brokers/1", 0, "still me")}).committed());
    CHECK(one.read("/brokers/1").created == first);
  }
  store_session two(place);
  CHECK_FALSE(two.read("/brokers/1").exists());
  CHECK(two.read("/lasting").created == first);
  auto again = two.commit({ephemeral("/brokers/1")});
  REQUIRE(again.committed());
  CHECK(again.id > first);
  CHECK(two.commit({create("/another")}).id > again.id);
}

TEMPLATE_TEST_CASE("a closed session refuses everything", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  one.store().close();
  CHECK(one.commit({create("/a")}).what == status::refused);
  CHECK_FALSE(one.sync());
}

TEMPLATE_TEST_CASE("a watch reports one change", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  one.store().watch("/a");
  REQUIRE(one.commit({create("/b"), check("/b", 0)}).committed());
  CHECK(one.changed.empty());
  REQUIRE(one.commit({create("/a")}).committed());
  CHECK(one.changed == std::vector<std::string>{"/a"});
  REQUIRE(one.commit({set("/a", 0, "x")}).committed());
  CHECK(one.changed.size() == 1);
  one.store().watch("/a");
  REQUIRE(one.commit({check("/a", 9)}).what == status::conflict);
  CHECK(one.changed.size() == 1);
  REQUIRE(one.commit({remove("/a")}).committed());
  CHECK(one.changed.size() == 2);
}

TEMPLATE_TEST_CASE("a watch on a list reports a new and a vanished node", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  one.store().watch_children("/brokers");
  REQUIRE(one.commit({ephemeral("/brokers/1")}).committed());
  CHECK(one.changed == std::vector<std::string>{"/brokers"});
  one.store().watch_children("/brokers");
  REQUIRE(one.commit({set("/brokers/1", 0, "x")}).committed());
  CHECK(one.changed.size() == 1);
  REQUIRE(one.commit({remove("/brokers/1")}).committed());
  CHECK(one.changed.size() == 2);
}

TEMPLATE_TEST_CASE("a commit above the limit is refused", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  CHECK(one.commit({create("/a", std::string(commit_bytes_max, 'x'))}).what == status::refused);
  CHECK(one.commit({create("/a", std::string(commit_bytes_target, 'x'))}).committed());
  CHECK(one.read("/a").value.size() == commit_bytes_target);
}

TEMPLATE_TEST_CASE("a node of the largest size is written and read", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  std::string big(commit_bytes_max - 4096, 'x');
  REQUIRE(one.commit({create("/a", big)}).committed());
  REQUIRE(one.commit({set("/a", 0, big)}).committed());
  CHECK(one.read("/a").value.size() == big.size());
}

TEMPLATE_TEST_CASE("commits happen in the order of the calls", "[store]", EVERY_STORE) {
  TestType place;
  store_session one(place);
  constexpr int count = 200;
  std::vector<commit_result> results;
  auto answered = [&](const commit_result& result) { results.push_back(result); };
  one.store().commit({create("/d/a")}, answered);
  for (int i = 0; i < count; ++i) one.store().commit({set("/d/a", i, "")}, answered);
  REQUIRE(one.wait([&] { return results.size() == count + 1; }));
  CHECK(std::ranges::all_of(results, &commit_result::committed));
  CHECK(one.read("/d/a").version == count);
}

namespace {

/// Writes all buckets in commits below the target; returns how many it took.
int write_buckets(store_session& one, const std::vector<bucket_record>& buckets) {
  int commits = 0;
  std::vector<store_write> steps;
  size_t bytes = 0;
  auto flush = [&] {
    REQUIRE(one.commit(std::exchange(steps, {})).committed());
    bytes = 0;
    ++commits;
  };
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i].empty()) continue;
    store_write write{.what = store_write::kind::create,
                      .path = fmt::format("/buckets/{}", i),
                      .value = encode_record(buckets[i])};
    REQUIRE(step_bytes(write) < commit_bytes_target);
    if (bytes + step_bytes(write) > commit_bytes_target) flush();
    bytes += step_bytes(write);
    steps.push_back(std::move(write));
  }
  flush();
  return commits;
}

std::vector<bucket_record> read_buckets(store_session& one, size_t count) {
  std::vector<std::string> paths;
  for (size_t i = 0; i < count; ++i) paths.push_back(fmt::format("/buckets/{}", i));
  std::vector<bucket_record> buckets;
  for (const auto& node : one.read_all(std::move(paths))) {
    auto bucket = node.exists() ? decode_record<bucket_record>(node.value.view()) : bucket_record{};
    REQUIRE(bucket);
    buckets.push_back(std::move(*bucket));
  }
  return buckets;
}

}  // namespace

TEMPLATE_TEST_CASE("10,000 topics with names of 249 bytes fit and come back", "[store]",
                   EVERY_STORE) {
  constexpr int32_t topics = 10'000, bucket_count = 1024;
  std::vector<bucket_record> buckets(bucket_count);
  for (int32_t i = 0; i < topics; ++i) {
    uuid id;
    store_big_endian(id.bytes.data() + 8, static_cast<uint64_t>(i) * 0x9e3779b97f4a7c15u);
    id.bytes[0] = std::byte{1};
    auto& bucket = buckets[static_cast<size_t>(bucket_of(id, 0, bucket_count))];
    bucket.topics.push_back({.id = id, .name = fmt::format("{:0>249}", i), .partition_count = 1});
    bucket.blocks.push_back({.topic_id = id, .number = 0, .partitions = {{.replicas = {1}}}});
  }
  for (auto& bucket : buckets) {
    std::ranges::sort(bucket.topics, {}, &topic_record::id);
    std::ranges::sort(bucket.blocks, {}, &partition_block::topic_id);
  }
  TestType place;
  {
    store_session one(place);
    write_buckets(one, buckets);
  }
  store_session two(place);
  CHECK(read_buckets(two, bucket_count) == buckets);
}

TEMPLATE_TEST_CASE("a topic of 20,000 partitions with three replicas fits and comes back",
                   "[store]", EVERY_STORE) {
  constexpr int32_t partitions = 20'000, bucket_count = 1024;
  uuid id;
  id.bytes[0] = std::byte{7};
  std::vector<bucket_record> buckets(bucket_count);
  buckets[static_cast<size_t>(bucket_of(id, 0, bucket_count))].topics.push_back(
      {.id = id, .name = "wide", .partition_count = partitions});
  for (int32_t i = 0; i < partitions; ++i) {
    auto number = i / partitions_per_block;
    auto& blocks = buckets[static_cast<size_t>(bucket_of(id, number, bucket_count))].blocks;
    if (i % partitions_per_block == 0) blocks.push_back({.topic_id = id, .number = number});
    blocks.back().partitions.push_back({.replicas = {1, 2, 3},
                                        .leader = {1, 1LL << 33},
                                        .leader_epoch = i,
                                        .isr = {{1, 1LL << 33}, {2, 1LL << 34}, {3, 1LL << 35}},
                                        .partition_epoch = i});
  }
  TestType place;
  {
    store_session one(place);
    CHECK(write_buckets(one, buckets) >= 2);
  }
  store_session two(place);
  CHECK(read_buckets(two, bucket_count) == buckets);
}

}  // namespace ottla
