#include "storage/metadata/cluster_records.hpp"

#include <rapidcheck.h>

#include "protocol/crc32c.hpp"
#include "protocol/endian.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

uuid some_id(uint8_t last) {
  uuid id;
  id.bytes[15] = std::byte{last};
  return id;
}

bucket_record full_bucket() {
  bucket_record bucket;
  bucket.topics.push_back({.id = some_id(1),
                           .name = "orders",
                           .partition_count = 2,
                           .configs = {{"retention.ms", "1000"}, {"cleanup.policy", "compact"}}});
  bucket.topics.push_back({.id = some_id(2), .name = std::string(249, 'n'), .partition_count = 1});
  bucket.deleted.push_back(
      {.id = some_id(3), .name = "gone", .partition_count = 9, .pending = {1, 2}});
  partition_record partition{.replicas = {1, 2, 3},
                             .adding = {3},
                             .removing = {1},
                             .leader = {1, 77},
                             .leader_epoch = 5,
                             .isr = {{1, 77}, {2, 1LL << 40}},
                             .eligible = {{3, 4}},
                             .last_known_eligible = {2},
                             .failed = {{2, 1LL << 40}},
                             .recovering = true,
                             .partition_epoch = 12};
  bucket.blocks.push_back({.topic_id = some_id(1), .number = 3, .partitions = {partition}});
  return bucket;
}

/// Bytes with a correct checksum, so that a change is judged by what it says.
shared_bytes reseal(std::vector<std::byte> bytes) {
  auto body = std::span{bytes}.first(bytes.size() - 4);
  store_big_endian(bytes.data() + body.size(), crc32c(body));
  return shared_bytes::copy_of(bytes);
}

std::vector<std::byte> copy(const shared_bytes& bytes) {
  return {bytes.view().begin(), bytes.view().end()};
}

template <class Record>
bool survives(const Record& record) {
  auto decoded = decode_record<Record>(encode_record(record).view());
  return decoded && *decoded == record;
}

}  // namespace

TEST_CASE("records come back as they were written") {
  CHECK(survives(full_bucket()));
  CHECK(survives(bucket_record{}));
  CHECK(survives(broker_registration{.id = 3,
                                     .incarnation = some_id(9),
                                     .previous_epoch = 12,
                                     .stopped = last_stop::machine_crash,
                                     .endpoints = {{"PLAINTEXT", 0, "localhost", 9092}},
                                     .rack = "a"}));
  CHECK(survives(broker_states_record{{{1, 5, broker_status::active}, {2, 9}}}));
  resource_configs_record configs;
  configs.resources[{4, ""}] = {{"log.retention.ms", "5"}};
  configs.resources[{4, "1"}] = {{"num.io.threads", ""}};
  CHECK(survives(configs));
  auto cluster = decode_record<cluster_record>(
      encode_record(cluster_record{.cluster_id = "abc", .bucket_count = 256, .created_ms = 5})
          .view());
  REQUIRE(cluster);
  CHECK(cluster->cluster_id == "abc");
  CHECK(cluster->bucket_count == 256);
}

TEST_CASE("any flipped bit of a record is noticed") {
  auto bytes = copy(encode_record(full_bucket()));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto broken = bytes;
    broken[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    REQUIRE_FALSE(decode_record<bucket_record>(broken));
  }
}

TEST_CASE("a cut record is refused at every length") {
  auto bytes = copy(encode_record(full_bucket()));
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto cut = std::span{bytes}.first(size);
    REQUIRE_FALSE(decode_record<bucket_record>(cut));
    if (size < 6) continue;
    auto sealed = reseal({cut.begin(), cut.end()});
    REQUIRE_FALSE(decode_record<bucket_record>(sealed.view()));
  }
}

TEST_CASE("a record of a newer format is refused as such") {
  auto bytes = copy(encode_record(full_bucket()));
  bytes[1] = std::byte{3};
  auto decoded = decode_record<bucket_record>(reseal(bytes).view());
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == error_code::unsupported_version);
}

TEST_CASE("a bucket is of the newer format only where a replica has failed") {
  auto bucket = full_bucket();
  CHECK(copy(encode_record(bucket))[1] == std::byte{2});
  bucket.blocks[0].partitions[0].failed.clear();
  const auto older = copy(encode_record(bucket));
  CHECK(older[1] == std::byte{1});
  CHECK(survives(bucket));
  CHECK(copy(encode_record(producer_ids_record{5}))[1] == std::byte{1});
  auto mistaken = copy(encode_record(producer_ids_record{5}));
  mistaken[1] = std::byte{2};
  CHECK_FALSE(decode_record<producer_ids_record>(reseal(mistaken).view()));
}

TEST_CASE("bytes after a record are refused") {
  auto bytes = copy(encode_record(full_bucket()));
  bytes.push_back(std::byte{0});
  CHECK_FALSE(decode_record<bucket_record>(reseal(bytes).view()));
}

TEST_CASE("values out of range are refused") {
  CHECK_FALSE(
      decode_record<cluster_record>(encode_record(cluster_record{.bucket_count = 0}).view()));
  CHECK_FALSE(decode_record<producer_ids_record>(encode_record(producer_ids_record{-1}).view()));
  bucket_record bucket;
  bucket.topics.push_back({.id = some_id(1), .name = "", .partition_count = 1});
  CHECK_FALSE(decode_record<bucket_record>(encode_record(bucket).view()));
  bucket.topics[0].name = std::string(250, 'x');
  CHECK_FALSE(decode_record<bucket_record>(encode_record(bucket).view()));
  bucket.topics[0] = {.id = uuid{}, .name = "x", .partition_count = 1};
  CHECK_FALSE(decode_record<bucket_record>(encode_record(bucket).view()));
  bucket.topics.clear();
  bucket.blocks.push_back({.topic_id = some_id(1), .number = 0, .partitions = {{}}});
  CHECK_FALSE(decode_record<bucket_record>(encode_record(bucket).view()));
}

TEST_CASE("arbitrary sealed bytes never decode into something that does not encode the same") {
  rc::check([](std::vector<uint8_t> noise) {
    std::vector<std::byte> bytes{std::byte{0}, std::byte{1}};
    for (auto byte : noise) bytes.push_back(std::byte{byte});
    bytes.resize(bytes.size() + 4);
    if (auto decoded = decode_record<bucket_record>(reseal(bytes).view())) {
      RC_ASSERT(survives(*decoded));
    }
  });
}

TEST_CASE("topics and the blocks of a big topic spread over all buckets") {
  std::vector<int> hits(16);
  for (int32_t block = 0; block < 32; ++block) {
    ++hits[static_cast<size_t>(bucket_of(some_id(200), block, 16))];
  }
  for (int count : hits) CHECK(count == 2);
}

}  // namespace ottla
