#include "protocol/record_batch_builder.hpp"

#include <algorithm>

#include "tests/protocol/golden_batches.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

// After the shim.

using namespace ottla;

namespace {

std::vector<owned_record> read_all(const shared_bytes& bytes) {
  auto batch = record_batch_view::parse(bytes.view());
  REQUIRE(batch);
  REQUIRE(batch->bytes().size() == bytes.size());
  REQUIRE(batch->crc_valid());
  std::vector<owned_record> records;
  std::vector<std::byte> scratch;
  REQUIRE(for_each_record(*batch, scratch,
                          [&](const record_view& record) { records.push_back(owned(record)); }));
  return records;
}

bool same_bytes(const shared_bytes& ours, const std::string& golden) {
  return std::ranges::equal(ours.view(), golden_batch(golden));
}

}  // namespace

TEST_CASE("uncompressed batches equal those of the Java client byte for byte") {
  auto records = golden_records(40);
  CHECK(same_bytes(build_batch(records), "java-none"));
  CHECK(same_bytes(build_batch(records, {.producer_id = 4711,
                                         .producer_epoch = 3,
                                         .base_sequence = 2'147'483'638,
                                         .transactional = true}),
                   "java-transactional"));
  CHECK(same_bytes(build_batch(records, {.delete_horizon = golden_base_time + 86'400'000}),
                   "java-delete-horizon"));
  for (auto& record : records) record.offset += 123'456'789'012;
  CHECK(same_bytes(build_batch(records, {.base_offset = 123'456'789'012,
                                         .epoch = 17,
                                         .log_append_time = golden_base_time + 1'000'000}),
                   "java-append-time"));
}

TEST_CASE("transaction markers equal those of the Java broker byte for byte") {
  for (auto type : {end_transaction::abort, end_transaction::commit}) {
    auto name = type == end_transaction::abort ? "java-marker-abort" : "java-marker-commit";
    CHECK(same_bytes(build_end_transaction_marker(4711, 3, {type, 29}, golden_base_time), name));

    auto bytes = golden_batch(name);
    auto batch = record_batch_view::parse(bytes);
    REQUIRE(batch);
    CHECK(batch->header().is_control());
    std::vector<std::byte> scratch;
    REQUIRE(for_each_record(*batch, scratch, [&](const record_view& record) {
      auto marker = read_end_transaction_marker(record);
      REQUIRE(marker);
      CHECK(marker->type == type);
      CHECK(marker->coordinator_epoch == 29);
    }));
  }
}

TEST_CASE("a record that is no transaction marker is not taken for one") {
  for (const auto& record : golden_records(10)) {
    auto bytes = build_batch({record});
    auto batch = record_batch_view::parse(bytes.view());
    std::vector<std::byte> scratch;
    REQUIRE(for_each_record(*batch, scratch, [](const record_view& view) {
      CHECK_FALSE(read_end_transaction_marker(view));
    }));
  }
}

TEST_CASE("an emptied batch equals that of Kafka's cleaner byte for byte") {
  auto records = golden_records(40);
  for (auto& record : records) record.offset += 1000;
  auto original = build_batch(records, {.base_offset = 1000,
                                        .epoch = 17,
                                        .compression = {.codec = compression_codec::lz4},
                                        .producer_id = 4711,
                                        .producer_epoch = 3,
                                        .base_sequence = 100,
                                        .transactional = true});
  auto header = decode_record_batch_header(original.view());
  REQUIRE(header);
  auto empty = build_empty_batch(*header);
  CHECK(same_bytes(empty, "java-empty"));
  CHECK(read_all(empty).empty());
}

TEST_CASE("whatever is built reads back, with every codec and with gaps") {
  auto prop = [](const std::vector<std::tuple<uint8_t, int64_t, std::string, std::string>>& parts,
                 uint8_t codec, int32_t base) {
    RC_PRE(!parts.empty());
    std::vector<owned_record> records;
    log_offset offset = base;
    for (const auto& [gap, time, key, value] : parts) {
      owned_record record{offset, time, key, value, {}};
      if (key.size() % 3 == 1) record.key.reset();
      if (value.size() % 4 == 1) record.value.reset();
      for (size_t i = 0; i < gap % 4u; ++i) record.headers.emplace_back(key, record.value);
      offset += 1 + gap % 5;
      records.push_back(record);
    }
    auto bytes = build_batch(
        records,
        {.base_offset = base, .compression = {.codec = static_cast<compression_codec>(codec % 5)}});
    auto batch = record_batch_view::parse(bytes.view());
    RC_ASSERT(bool(batch));
    RC_ASSERT(batch->crc_valid());
    RC_ASSERT(batch->header().record_count == static_cast<int32_t>(records.size()));
    RC_ASSERT(batch->header().last_offset() == records.back().offset);
    std::vector<owned_record> again;
    std::vector<std::byte> scratch;
    RC_ASSERT(bool(for_each_record(
        *batch, scratch, [&](const record_view& record) { again.push_back(owned(record)); })));
    RC_ASSERT(again == records);
  };
  rc::prop("any records", prop);
}

TEST_CASE("a builder starts again after each batch and keeps the range it is told to keep") {
  record_batch_builder builder({.base_offset = 10});
  append(builder, {12, 5, "k", "v", {}});
  CHECK(builder.record_count() == 1);
  auto first = builder.build(19);
  REQUIRE(first);
  auto header = decode_record_batch_header(first->view());
  REQUIRE(header);
  CHECK(header->base_offset == 10);
  CHECK(header->last_offset() == 19);
  CHECK(header->record_count == 1);
  CHECK(header->max_timestamp == 5);
  CHECK(builder.empty());
  builder.append({.timestamp = 3, .key = as_byte_span("a"), .value = std::nullopt});
  auto second = builder.build();
  REQUIRE(second);
  CHECK(read_all(*second) == std::vector<owned_record>{{10, 3, "a", std::nullopt, {}}});
}

TEST_CASE("a level that its codec does not have fails the batch") {
  record_batch_builder builder({.compression = {.codec = compression_codec::zstd, .level = 23}});
  append(builder, {0, 5, "k", "v", {}});
  CHECK_FALSE(builder.build());
}
