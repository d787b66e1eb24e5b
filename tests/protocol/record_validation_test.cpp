#include "protocol/record_validation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/endian.hpp"
#include "protocol/varint.hpp"
#include "tests/protocol/golden_batches.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

// After the shim.

using namespace ottla;

namespace {

constexpr timestamp_ms now = golden_base_time + 60'000;

constexpr compression_codec all_codecs[] = {compression_codec::none, compression_codec::gzip,
                                            compression_codec::snappy, compression_codec::lz4,
                                            compression_codec::zstd};

shared_bytes good_batch(compression_codec codec = compression_codec::none, int count = 40) {
  return build_batch(golden_records(count), {.compression = {.codec = codec}});
}

// A good batch with one header field overwritten and the CRC right again.
template <class T>
shared_bytes with_field(size_t at, T value, const shared_bytes& batch = good_batch()) {
  store_big_endian(batch.writable().data() + at, value);
  stamp_crc(batch.writable());
  return batch;
}

shared_bytes with_attributes(int16_t bits, const shared_bytes& batch = good_batch()) {
  auto old = load_big_endian<int16_t>(batch.data() + batch_layout::attributes);
  return with_field(batch_layout::attributes, static_cast<int16_t>(old | bits), batch);
}

// A batch of `count` records whose payload is whatever is given.
shared_bytes with_payload(std::span<const std::byte> payload, compression_codec codec,
                          int32_t count) {
  auto batch = shared_bytes::allocate(batch_layout::header_bytes + payload.size());
  auto head = good_batch();
  std::copy_n(head.data(), batch_layout::header_bytes, batch.writable().begin());
  std::copy(payload.begin(), payload.end(),
            batch.writable().begin() + static_cast<long>(batch_layout::header_bytes));
  auto* at = batch.writable().data();
  store_big_endian(at + batch_layout::length,
                   static_cast<int32_t>(batch.size() - batch_layout::log_overhead_bytes));
  store_big_endian(at + batch_layout::attributes, static_cast<int16_t>(codec));
  store_big_endian(at + batch_layout::record_count, count);
  store_big_endian(at + batch_layout::last_offset_delta, count - 1);
  stamp_crc(batch.writable());
  return batch;
}

validated_batch accepted(const shared_bytes& batch, const validation_rules& rules = {}) {
  auto result = validate_batch(shared_bytes::copy_of(batch.view()), rules, now);
  if (auto* no = std::get_if<batch_rejection>(&result)) FAIL(no->message);
  return std::get<validated_batch>(result);
}

batch_rejection rejected(const shared_bytes& batch, const validation_rules& rules = {}) {
  auto result = validate_batch(shared_bytes::copy_of(batch.view()), rules, now);
  REQUIRE(std::holds_alternative<batch_rejection>(result));
  auto no = std::get<batch_rejection>(result);
  CHECK_FALSE(no.message.empty());
  return no;
}

error_code error_of(const shared_bytes& batch, const validation_rules& rules = {}) {
  return rejected(batch, rules).error;
}

std::vector<owned_record> records_of(const shared_bytes& bytes) {
  auto batch = record_batch_view::parse(bytes.view());
  REQUIRE(batch);
  REQUIRE(batch->crc_valid());
  std::vector<owned_record> records;
  std::vector<std::byte> scratch;
  REQUIRE(for_each_record(*batch, scratch,
                          [&](const record_view& record) { records.push_back(owned(record)); }));
  return records;
}

bool same(const shared_bytes& a, const shared_bytes& b) {
  return std::ranges::equal(a.view(), b.view());
}

std::vector<int32_t> indexes(const batch_rejection& no) {
  std::vector<int32_t> found;
  found.reserve(no.records.size());
  for (const auto& record : no.records) found.push_back(record.batch_index);
  return found;
}

}  // namespace

TEST_CASE("a good batch of every client and codec is kept byte for byte at both levels") {
  for (auto level : {validation_level::header, validation_level::full}) {
    for (std::string codec : {"gzip", "snappy", "lz4", "zstd"}) {
      for (std::string client : {"java", "rdkafka"}) {
        auto batch = shared_bytes::copy_of(golden_batch(fmt::format("{}-{}-2000", client, codec)));
        auto result = accepted(batch, {.level = level});
        INFO(client << " " << codec);
        REQUIRE(same(result.batch, batch));
        REQUIRE_FALSE(result.recompressed);
        REQUIRE(result.log_append_time_ms == no_timestamp);
        REQUIRE(result.header.record_count == 2000);
      }
    }
    for (const auto* name : {"java-none", "rdkafka-none-40", "rdkafka-none-40-idempotent",
                             "java-transactional", "java-zstd-level22-40"}) {
      auto batch = shared_bytes::copy_of(golden_batch(name));
      REQUIRE(same(accepted(batch, {.level = level}).batch, batch));
    }
  }
}

TEST_CASE("the records of a partition must be exactly one batch of magic 2") {
  CHECK(error_of({}) == error_code::invalid_record);
  auto batch = good_batch();
  std::vector<std::byte> two(batch.view().begin(), batch.view().end());
  two.insert(two.end(), batch.view().begin(), batch.view().end());
  CHECK(error_of(shared_bytes::copy_of(two)) == error_code::invalid_record);
  CHECK(error_of(shared_bytes::copy_of(std::span{two}.first(batch.size() + 1))) ==
        error_code::invalid_record);
  CHECK(error_of(with_field(batch_layout::magic, int8_t{0})) == error_code::invalid_record);
  CHECK(error_of(with_field(batch_layout::magic, int8_t{1})) == error_code::invalid_record);
  CHECK(error_of(with_field(batch_layout::magic, int8_t{3})) == error_code::corrupt_message);
  CHECK(error_of(shared_bytes::copy_of(std::vector<std::byte>(20))) == error_code::invalid_record);
  CHECK(error_of(batch.slice(0, batch.size() - 1)) == error_code::corrupt_message);
  for (int32_t length : {0, -100, 48, 100'000, INT32_MIN}) {
    auto lying = good_batch();
    store_big_endian(lying.writable().data() + batch_layout::length, length);
    CHECK(error_of(lying) == error_code::corrupt_message);
  }
}

TEST_CASE("zstd is refused to producers that speak versions before 7") {
  auto batch = good_batch(compression_codec::zstd);
  CHECK(error_of(batch, {.produce_version = 6}) == error_code::unsupported_compression_type);
  accepted(batch, {.produce_version = 7});
  accepted(good_batch(compression_codec::lz4), {.produce_version = 3});
}

TEST_CASE("codecs without a name are refused") {
  for (int16_t codec : {5, 6, 7}) {
    CHECK(error_of(with_attributes(codec)) == error_code::unsupported_compression_type);
  }
}

TEST_CASE("a batch above max.message.bytes is too large, above the segment's size as well") {
  auto batch = good_batch();
  auto size = static_cast<int32_t>(batch.size());
  accepted(batch, {.max_message_bytes = size, .segment_bytes = size});
  CHECK(error_of(batch, {.max_message_bytes = size - 1}) == error_code::message_too_large);
  CHECK(error_of(batch, {.segment_bytes = size - 1}) == error_code::record_list_too_large);
}

TEST_CASE("the size counts as received, and again when recompression made the batch larger") {
  auto batch = good_batch(compression_codec::zstd);
  validation_rules rules;
  rules.max_message_bytes = static_cast<int32_t>(batch.size());
  accepted(batch, rules);
  rules.compression = {false, {}};
  CHECK(error_of(batch, rules) == error_code::message_too_large);
}

TEST_CASE("a wrong CRC is a corrupt message") {
  auto batch = good_batch();
  batch.writable()[batch.size() - 1] ^= std::byte{1};
  CHECK(error_of(batch) == error_code::corrupt_message);
}

TEST_CASE("what a client may not put into a batch header is an invalid record") {
  using namespace batch_layout;
  CHECK(error_of(with_field(base_offset, int64_t{1})) == error_code::invalid_record);
  CHECK(error_of(with_field(record_count, 0)) == error_code::invalid_record);
  CHECK(error_of(with_field(record_count, -4)) == error_code::invalid_record);
  CHECK(error_of(with_field(record_count, 39)) == error_code::invalid_record);
  CHECK(error_of(with_field(record_count, 41)) == error_code::invalid_record);
  CHECK(error_of(with_field(last_offset_delta, 77)) == error_code::invalid_record);
  CHECK(error_of(with_field(last_offset_delta, -2)) == error_code::invalid_record);
  CHECK(error_of(with_field(last_offset_delta, -1)) == error_code::invalid_record);
  CHECK(error_of(with_attributes(control_bit)) == error_code::invalid_record);
  CHECK(error_of(with_attributes(delete_horizon_bit)) == error_code::invalid_record);
  CHECK(error_of(with_attributes(transactional_bit)) == error_code::invalid_record);
  CHECK(error_of(with_attributes(log_append_time_bit)) == error_code::invalid_timestamp);
}

TEST_CASE("a count that its bytes cannot hold is an invalid record, whatever the codec") {
  for (auto codec : all_codecs) {
    for (int32_t count : {1000, INT32_MAX}) {
      auto batch = with_field(batch_layout::last_offset_delta, count - 1,
                              with_field(batch_layout::record_count, count, good_batch(codec)));
      INFO(codec_name(codec) << " " << count);
      CHECK(error_of(batch, {.level = validation_level::full}) == error_code::invalid_record);
      if (count == INT32_MAX) CHECK(error_of(batch) == error_code::invalid_record);
    }
  }
}

TEST_CASE("a producer id needs a sequence and an epoch") {
  auto records = golden_records(3);
  CHECK(error_of(build_batch(records, {.producer_id = 1, .producer_epoch = 0})) ==
        error_code::invalid_record);
  CHECK(error_of(build_batch(records, {.producer_id = 1, .base_sequence = 0})) ==
        error_code::invalid_record);
  accepted(build_batch(records, {.producer_id = 0, .producer_epoch = 0, .base_sequence = 0}));
}

TEST_CASE("a coordinator may write control batches and choose its offsets") {
  auto marker = build_end_transaction_marker(1, 0, {end_transaction::commit, 3}, now);
  CHECK(error_of(marker) == error_code::invalid_record);
  auto result = accepted(marker, {.origin = append_origin::coordinator});
  CHECK(same(result.batch, marker));
  // Control batches are not brought to the topic's codec.
  validation_rules rules;
  rules.origin = append_origin::coordinator;
  rules.compression = {false, {.codec = compression_codec::lz4}};
  CHECK(same(accepted(marker, rules).batch, marker));
}

TEST_CASE("malformed records are found where records are walked") {
  auto rubbish = std::vector<std::byte>(20, std::byte{0x7f});
  CHECK(error_of(with_payload(rubbish, compression_codec::none, 1)) == error_code::invalid_record);
  for (auto codec : all_codecs) {
    std::vector<std::byte> packed;
    REQUIRE(compress({.codec = codec}, rubbish, packed));
    auto batch = with_payload(packed, codec, 1);
    INFO(codec_name(codec));
    CHECK(error_of(batch, {.level = validation_level::full}) == error_code::invalid_record);
    CHECK(error_of(batch, {.compacted = true}) == error_code::invalid_record);
  }
}

TEST_CASE("a record length that lies is an invalid record") {
  for (int32_t length : {1 << 30, -10, 0, INT32_MAX, INT32_MIN}) {
    std::vector<std::byte> body;
    append_varint(body, length);
    body.resize(body.size() + 20);
    CHECK(error_of(with_payload(body, compression_codec::none, 1)) == error_code::invalid_record);
  }
}

TEST_CASE("rubbish said to be compressed is refused at both levels") {
  std::vector<std::byte> rubbish;
  for (int i = 0; i < 10; ++i) {
    auto more = as_byte_span("\x99rubbish");
    rubbish.insert(rubbish.end(), more.begin(), more.end());
    rubbish.push_back(std::byte{0});
  }
  for (auto codec : all_codecs) {
    auto batch = with_payload(rubbish, codec, 1);
    INFO(codec_name(codec));
    CHECK(error_of(batch) == error_code::invalid_record);
    CHECK(error_of(batch, {.level = validation_level::full}) == error_code::invalid_record);
  }
}

TEST_CASE("a decompression bomb is too large, so that an honest client would split it") {
  std::vector<std::byte> zeros(16 << 20);
  for (auto codec : {compression_codec::gzip, compression_codec::lz4, compression_codec::zstd}) {
    std::vector<std::byte> bomb;
    REQUIRE(compress({.codec = codec}, zeros, bomb));
    validation_rules rules;
    rules.level = validation_level::full;
    rules.inflation = {.max_output_bytes = 8 << 20};
    INFO(codec_name(codec));
    CHECK(error_of(with_payload(bomb, codec, 1), rules) == error_code::message_too_large);
  }
}

TEST_CASE("a compacted topic refuses the records without key, each by its index") {
  for (auto codec : all_codecs) {
    auto no = rejected(good_batch(codec, 20), {.partition_name = "orders-3", .compacted = true});
    CHECK(no.error == error_code::invalid_record);
    CHECK(indexes(no) == std::vector<int32_t>{4, 9, 14, 19});
    CHECK(no.records[0].message ==
          "Compacted topic cannot accept message without key in topic partition orders-3");
    auto keyed = golden_records(20);
    for (auto& record : keyed) record.key = "k";
    accepted(build_batch(keyed, {.compression = {.codec = codec}}), {.compacted = true});
  }
}

TEST_CASE("the list of records at fault has an end, their number is told") {
  std::vector<owned_record> records(5000);
  for (size_t i = 0; i < records.size(); ++i) records[i].offset = static_cast<log_offset>(i);
  auto no = rejected(build_batch(records), {.compacted = true});
  CHECK(no.records.size() == 1000);
  CHECK(no.message.find("5000") != std::string::npos);
}

TEST_CASE("timestamps outside the topic's limits are refused by their index") {
  auto records = golden_records(4);
  records[1].timestamp = now + 3'600'001;
  records[2].timestamp = now + 3'600'000;
  records[3].timestamp = no_timestamp;
  auto no = rejected(build_batch(records));
  CHECK(no.error == error_code::invalid_timestamp);
  CHECK(indexes(no) == std::vector<int32_t>{1});
  CHECK(no.message == "One or more records have been rejected due to invalid timestamp");

  records[1].timestamp = now - 1001;
  no = rejected(build_batch(records), {.timestamp_before_max_ms = 1000});
  CHECK(no.error == error_code::invalid_timestamp);
  CHECK(indexes(no) == std::vector<int32_t>{0, 1});
  accepted(build_batch(records), {.timestamp_before_max_ms = 60'000});
}

TEST_CASE("extreme timestamps and limits do not overflow") {
  auto records = golden_records(1);
  for (timestamp_ms time : {INT64_MIN, INT64_MIN + 1, timestamp_ms{-2}, timestamp_ms{0}}) {
    records[0].timestamp = time;
    accepted(build_batch(records));  // no lower limit by default
  }
  records[0].timestamp = INT64_MAX;
  CHECK(error_of(build_batch(records)) == error_code::invalid_timestamp);
  accepted(build_batch(records), {.timestamp_after_max_ms = INT64_MAX});
}

TEST_CASE("at level header the max timestamp of a compressed batch is held against the limits") {
  auto records = golden_records(3);
  records[1].timestamp = now + 3'600'001;
  auto batch = build_batch(records, {.compression = {.codec = compression_codec::zstd}});
  CHECK(error_of(batch) == error_code::invalid_timestamp);
  auto no = rejected(batch, {.level = validation_level::full});
  CHECK(no.error == error_code::invalid_timestamp);
  CHECK(indexes(no) == std::vector<int32_t>{1});
}

TEST_CASE("a max timestamp that is not that of the records is put right") {
  auto lying = with_field(batch_layout::max_timestamp, golden_base_time + 1'000'000);
  auto result = accepted(lying);
  CHECK(result.header.max_timestamp == golden_base_time + 273);
  CHECK(same(result.batch, good_batch()));

  auto packed = with_field(batch_layout::max_timestamp, golden_base_time + 1'000'000,
                           good_batch(compression_codec::gzip));
  CHECK(same(accepted(packed, {.level = validation_level::full}).batch,
             good_batch(compression_codec::gzip)));
}

TEST_CASE("LogAppendTime sets the type and the time of the append, whatever the client said") {
  auto records = golden_records(5);
  records[3].timestamp = now + 999'999'999;  // beyond any limit of CreateTime
  for (auto codec : all_codecs) {
    auto batch = build_batch(records, {.compression = {.codec = codec}});
    auto result = accepted(batch, {.time_type = timestamp_type::log_append_time});
    CHECK(result.log_append_time_ms == now);
    CHECK(result.header.time_type() == timestamp_type::log_append_time);
    CHECK(result.header.max_timestamp == now);
    CHECK_FALSE(result.recompressed);
    auto seen = records_of(result.batch);
    REQUIRE(seen.size() == 5);
    CHECK(std::ranges::all_of(seen, [](const auto& record) { return record.timestamp == now; }));
    CHECK(seen[3].value == records[3].value);
  }
  auto client_set = with_attributes(batch_layout::log_append_time_bit);
  CHECK(error_of(client_set, {.time_type = timestamp_type::log_append_time}) ==
        error_code::invalid_timestamp);
}

TEST_CASE("offsets that do not count up one by one are refused by index") {
  auto records = golden_records(4);
  records[2].offset = 2;
  records[3].offset = 5;
  auto batch = build_batch(records);
  store_big_endian(batch.writable().data() + batch_layout::last_offset_delta, 3);
  stamp_crc(batch.writable());
  auto no = rejected(batch);
  CHECK(no.error == error_code::invalid_record);
  CHECK(indexes(no) == std::vector<int32_t>{3});
}

TEST_CASE("recompression keeps records, offsets, times and producer fields") {
  for (auto from : all_codecs) {
    for (auto to : all_codecs) {
      auto batch = build_batch(golden_records(300), {.compression = {.codec = from},
                                                     .producer_id = 9,
                                                     .producer_epoch = 2,
                                                     .base_sequence = 70,
                                                     .transactional = true});
      validation_rules rules;
      rules.compression = {false, {.codec = to}};
      auto result = accepted(batch, rules);
      INFO(codec_name(from) << " to " << codec_name(to));
      REQUIRE(result.recompressed == (from != to));
      REQUIRE(result.header.codec() == to);
      REQUIRE(result.header.producer_id == 9);
      REQUIRE(result.header.producer_epoch == 2);
      REQUIRE(result.header.base_sequence == 70);
      REQUIRE(result.header.is_transactional());
      REQUIRE(result.header.last_offset_delta == 299);
      REQUIRE(result.header.size_bytes() == result.batch.size());
      REQUIRE(records_of(result.batch) == golden_records(300));
      if (from == to) REQUIRE(same(result.batch, batch));
    }
  }
}

TEST_CASE("recompression with LogAppendTime stamps the new batch and leaves the old one alone") {
  auto batch = good_batch();
  const auto before = shared_bytes::copy_of(batch.view());
  validation_rules rules;
  rules.time_type = timestamp_type::log_append_time;
  rules.compression = {false, {.codec = compression_codec::lz4, .level = 3}};
  auto result = validate_batch(batch, rules, now);
  auto* taken = std::get_if<validated_batch>(&result);
  REQUIRE(taken);
  CHECK(taken->header.max_timestamp == now);
  CHECK(records_of(taken->batch)[0].timestamp == now);
  CHECK(same(batch, before));
}

TEST_CASE("every truncation and every flipped bit is refused, except in the leader epoch") {
  for (auto codec : all_codecs) {
    const auto batch = good_batch(codec, 3);
    for (size_t size = 0; size < batch.size(); ++size) rejected(batch.slice(0, size));
    for (size_t bit = 0; bit < batch.size() * 8; ++bit) {
      auto broken = shared_bytes::copy_of(batch.view());
      broken.writable()[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
      auto result = validate_batch(broken, {}, now);
      bool harmless = bit / 8 >= batch_layout::leader_epoch && bit / 8 < batch_layout::magic;
      INFO(codec_name(codec) << " bit " << bit);
      REQUIRE(std::holds_alternative<validated_batch>(result) == harmless);
    }
  }
}

TEST_CASE("an accepted batch always reads back as records with offsets 0, 1, 2 and so on") {
  // Batches damaged in a few places and given a right CRC again: what passes at level full must
  // be sound.
  auto prop = [](uint8_t codec, const std::vector<std::pair<uint16_t, uint8_t>>& damage) {
    auto batch = good_batch(static_cast<compression_codec>(codec % 5), 6);
    for (auto [at, value] : damage) {
      batch.writable()[at % batch.size()] = static_cast<std::byte>(value);
    }
    stamp_crc(batch.writable());
    auto result = validate_batch(batch, {.level = validation_level::full}, now);
    auto* taken = std::get_if<validated_batch>(&result);
    if (taken == nullptr) return;
    auto view = record_batch_view::parse(taken->batch.view());
    RC_ASSERT(bool(view));
    RC_ASSERT(view->crc_valid());
    log_offset next = 0;
    timestamp_ms newest = no_timestamp;
    std::vector<std::byte> scratch;
    RC_ASSERT(bool(for_each_record(*view, scratch, [&](const record_view& record) {
      RC_ASSERT(record.offset == next++);
      newest = std::max(newest, record.timestamp);
    })));
    RC_ASSERT(next == view->header().next_offset());
    RC_ASSERT(newest == view->header().max_timestamp);
  };
  rc::prop("damaged batches", prop);
}
