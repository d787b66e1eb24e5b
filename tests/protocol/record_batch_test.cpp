#include "protocol/record_batch.hpp"

#include "protocol/endian.hpp"
#include "protocol/varint.hpp"
#include "tests/protocol/golden_batches.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

// After the shim.

using namespace ottla;

namespace {

using byte_vector = std::vector<std::byte>;

std::vector<owned_record> read_all(const record_batch_view& batch) {
  std::vector<owned_record> records;
  byte_vector scratch;
  auto done = for_each_record(batch, scratch,
                              [&](const record_view& record) { records.push_back(owned(record)); });
  REQUIRE(done);
  return records;
}

record_batch_view parsed(std::span<const std::byte> bytes) {
  auto batch = record_batch_view::parse(bytes);
  REQUIRE(batch);
  return *batch;
}

// The result of reading `records` as the body of a batch that counts `count` records.
record_reader::step read_to_end(std::span<const std::byte> records, int32_t count) {
  record_batch_header header;
  header.record_count = count;
  record_reader reader(header, records);
  record_view record;
  for (;;) {
    auto step = reader.next(record);
    if (step != record_reader::step::record) return step;
  }
}

// A record body behind its length.
byte_vector record_of(std::initializer_list<int> body) {
  byte_vector bytes;
  append_varint(bytes, static_cast<int32_t>(body.size()));
  for (auto value : body) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

void check_golden(const std::string& name, int count) {
  INFO(name);
  auto bytes = golden_batch(name);
  auto batch = parsed(bytes);
  REQUIRE(batch.bytes().size() == bytes.size());
  REQUIRE(batch.crc_valid());
  REQUIRE(batch.header().record_count == count);
  REQUIRE(batch.header().last_offset_delta == count - 1);
  REQUIRE(batch.header().base_timestamp == golden_base_time);
  REQUIRE(batch.header().max_timestamp == golden_base_time + (count - 1) * 7);
  REQUIRE(read_all(batch) == golden_records(count));
}

}  // namespace

TEST_CASE("batches of the Java client and of librdkafka read as they were written") {
  check_golden("java-none", 40);
  check_golden("rdkafka-none-40", 40);
  for (std::string codec : {"gzip", "snappy", "lz4", "zstd"}) {
    for (int count : {40, 2000}) {
      check_golden("java-" + codec + "-" + std::to_string(count), count);
      check_golden("rdkafka-" + codec + "-" + std::to_string(count), count);
    }
  }
  check_golden("java-lz4-level17-40", 40);
  check_golden("java-zstd-level22-40", 40);
}

TEST_CASE("golden batches cover both snappy framings") {
  auto java = golden_batch("java-snappy-40");
  auto rdkafka = golden_batch("rdkafka-snappy-40");
  CHECK(java[batch_layout::records] == std::byte{0x82});
  CHECK(as_text(parsed(java).payload().subspan(1, 6)) == "SNAPPY");
  CHECK(rdkafka[batch_layout::records] != std::byte{0x82});
}

TEST_CASE("an idempotent producer's fields and flags are read") {
  auto bytes = golden_batch("java-transactional");
  const auto header = parsed(bytes).header();
  CHECK(header.producer_id == 4711);
  CHECK(header.producer_epoch == 3);
  CHECK(header.base_sequence == 2'147'483'638);
  CHECK(header.last_sequence() == 29);  // 40 records, around the end of the circle
  CHECK(header.is_transactional());
  CHECK_FALSE(header.is_control());
  CHECK(header.has_producer());

  bytes = golden_batch("rdkafka-none-40-idempotent");
  CHECK(parsed(bytes).header().base_sequence == 0);
  CHECK(parsed(bytes).header().has_producer());
}

TEST_CASE("with LogAppendTime all records have the batch's max timestamp") {
  auto bytes = golden_batch("java-append-time");
  auto batch = parsed(bytes);
  CHECK(batch.header().time_type() == timestamp_type::log_append_time);
  CHECK(batch.header().epoch == 17);
  CHECK(batch.header().last_offset() == 123'456'789'012 + 39);
  CHECK(batch.header().next_offset() == 123'456'789'012 + 40);
  auto expected = golden_records(40);
  for (auto& record : expected) {
    record.offset += 123'456'789'012;
    record.timestamp = golden_base_time + 1'000'000;
  }
  CHECK(read_all(batch) == expected);
}

TEST_CASE("a delete horizon is the base timestamp and changes no record") {
  auto bytes = golden_batch("java-delete-horizon");
  auto batch = parsed(bytes);
  CHECK(batch.header().delete_horizon() == golden_base_time + 86'400'000);
  CHECK(read_all(batch) == golden_records(40));
  auto plain = golden_batch("java-none");
  CHECK_FALSE(parsed(plain).header().delete_horizon());
}

TEST_CASE("every truncation of a batch is refused") {
  auto bytes = golden_batch("java-none");
  for (size_t size = 0; size < bytes.size(); ++size) {
    byte_vector cut(bytes.begin(), bytes.begin() + static_cast<long>(size));
    cut.shrink_to_fit();
    REQUIRE_FALSE(record_batch_view::parse(cut));
  }
}

TEST_CASE("every flipped bit is found, except in what the log itself stamps") {
  for (const auto* name : {"java-marker-abort", "java-gzip-40"}) {
    const auto bytes = golden_batch(name);
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      auto broken = bytes;
      auto at = bit / 8;
      broken[at] ^= static_cast<std::byte>(1 << (bit % 8));
      auto batch = record_batch_view::parse(broken);
      bool stamped = at < batch_layout::length ||
                     (at >= batch_layout::leader_epoch && at < batch_layout::magic);
      bool accepted = batch && batch->crc_valid();
      INFO(name << " bit " << bit);
      REQUIRE(accepted == stamped);
    }
  }
}

TEST_CASE("a header alone is decoded, and what cannot be a batch is refused") {
  auto bytes = golden_batch("java-none");
  auto header = decode_record_batch_header(std::span{bytes}.first(61));
  REQUIRE(header);
  CHECK(header->size_bytes() == bytes.size());
  CHECK_FALSE(decode_record_batch_header(std::span{bytes}.first(60)));
  for (int32_t length : {0, -1, 48, INT32_MIN, -12}) {
    store_big_endian(bytes.data() + batch_layout::length, length);
    auto bad = decode_record_batch_header(bytes);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == error_code::corrupt_message);
  }
  store_big_endian(bytes.data() + batch_layout::length, INT32_MAX);
  CHECK(decode_record_batch_header(bytes));
  CHECK_FALSE(record_batch_view::parse(bytes));
  bytes[batch_layout::magic] = std::byte{1};
  CHECK_FALSE(decode_record_batch_header(bytes));
}

TEST_CASE("a walk finds every batch and stops at a cut one") {
  byte_vector buffer;
  for (const auto* name : {"java-none", "java-zstd-40", "java-empty", "rdkafka-gzip-40"}) {
    auto bytes = golden_batch(name);
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  }
  auto cut = golden_batch("java-lz4-40");
  for (size_t extra : {size_t{0}, size_t{5}, size_t{61}, cut.size() - 1}) {
    auto bytes = buffer;
    bytes.insert(bytes.end(), cut.begin(), cut.begin() + static_cast<long>(extra));
    record_batch_walk walk(bytes);
    std::vector<int32_t> counts;
    for (;;) {
      auto batch = walk.next();
      REQUIRE(batch);
      if (!*batch) break;
      counts.push_back((*batch)->header().record_count);
    }
    CHECK(counts == std::vector<int32_t>{40, 40, 0, 40});
    CHECK(walk.rest().size() == extra);
  }
}

TEST_CASE("a walk reports bytes that are no batch and stays there") {
  auto bytes = golden_batch("java-none");
  auto first = bytes.size();
  bytes.resize(first + 100);
  record_batch_walk walk(bytes);
  REQUIRE(walk.next());
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(walk.next());
    CHECK(walk.rest().size() == 100);
  }
}

TEST_CASE("records that are not what they claim to be are malformed") {
  using step = record_reader::step;
  // Attributes, timestamp delta, offset delta, null key, null value, no headers.
  const auto good = record_of({0, 0, 0, 1, 1, 0});
  CHECK(read_to_end(good, 1) == step::end);
  CHECK(read_to_end(good, 0) == step::malformed);   // bytes left
  CHECK(read_to_end(good, 2) == step::malformed);   // too few records
  CHECK(read_to_end(good, -1) == step::malformed);  // a count that is none
  CHECK(read_to_end({}, 0) == step::end);

  CHECK(read_to_end(record_of({}), 1) == step::malformed);
  CHECK(read_to_end(record_of({0, 0, 0, 1, 1}), 1) == step::malformed);           // no headers
  CHECK(read_to_end(record_of({0, 0, 0, 1, 1, 0, 0}), 1) == step::malformed);     // one byte more
  CHECK(read_to_end(record_of({0, 0, 0, 3, 1, 0}), 1) == step::malformed);        // key length -2
  CHECK(read_to_end(record_of({0, 0, 0, 4, 1, 0}), 1) == step::malformed);        // key too long
  CHECK(read_to_end(record_of({0, 0, 0, 1, 2, 'v', 0}), 1) == step::end);         // value "v"
  CHECK(read_to_end(record_of({0, 0, 0, 1, 4, 'v', 0}), 1) == step::malformed);   // value too long
  CHECK(read_to_end(record_of({0, 0, 0, 1, 1, 1}), 1) == step::malformed);        // -1 headers
  CHECK(read_to_end(record_of({0, 0, 0, 1, 1, 2}), 1) == step::malformed);        // one missing
  CHECK(read_to_end(record_of({0, 0, 0, 1, 1, 2, 0, 1}), 1) == step::end);        // "" = null
  CHECK(read_to_end(record_of({0, 0, 0, 1, 1, 2, 1, 1}), 1) == step::malformed);  // null = null
  // A varint of six bytes, one that does not fit 32 bits, and one cut by the end.
  CHECK(read_to_end(record_of({0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 1, 0}), 1) ==
        step::malformed);
  CHECK(read_to_end(record_of({0, 0, 0xff, 0xff, 0xff, 0xff, 0x1f, 1, 1, 0}), 1) ==
        step::malformed);
  CHECK(read_to_end(record_of({0, 0x80}), 1) == step::malformed);
  // A length beyond the bytes, and a negative one.
  auto longer = good;
  longer[0] = std::byte{14};
  CHECK(read_to_end(longer, 1) == step::malformed);
  auto negative = good;
  negative[0] = std::byte{11};
  CHECK(read_to_end(negative, 1) == step::malformed);
}

TEST_CASE("the reader never reads beyond its bytes and never makes records of nothing") {
  rc::prop("arbitrary bytes", [](const std::vector<uint8_t>& values, int16_t count) {
    byte_vector exact;
    for (auto value : values) exact.push_back(static_cast<std::byte>(value));
    exact.shrink_to_fit();
    record_batch_header header;
    header.record_count = count;
    record_reader reader(header, exact);
    record_view record;
    size_t total = 0;
    while (reader.next(record) == record_reader::step::record) {
      total += record.size_bytes;
      (void)record.headers();
    }
    RC_ASSERT(total <= exact.size());
    RC_ASSERT(static_cast<size_t>(reader.count()) * 7 <= total);
  });
}

TEST_CASE("stamping sets offset and epoch and leaves the CRC right") {
  auto bytes = golden_batch("java-none");
  stamp(bytes, 77, 5);
  auto batch = parsed(bytes);
  CHECK(batch.header().base_offset == 77);
  CHECK(batch.header().epoch == 5);
  CHECK(batch.header().last_offset() == 116);
  CHECK(batch.crc_valid());
}

TEST_CASE("stamping an append time sets type and max timestamp and renews the CRC") {
  auto bytes = golden_batch("java-none");
  const auto before = bytes;
  stamp_timestamps(bytes, timestamp_type::create_time, golden_base_time + 273);
  CHECK(bytes == before);  // nothing to change, nothing changed
  stamp_timestamps(bytes, timestamp_type::log_append_time, 42);
  auto batch = parsed(bytes);
  CHECK(batch.header().time_type() == timestamp_type::log_append_time);
  CHECK(batch.header().max_timestamp == 42);
  CHECK(batch.crc_valid());
  CHECK(read_all(batch)[7].timestamp == 42);
  stamp_timestamps(bytes, timestamp_type::create_time, golden_base_time + 273);
  CHECK(bytes == before);
}

TEST_CASE("sequences count on a circle of 2^31") {
  CHECK(add_to_sequence(0, 0) == 0);
  CHECK(add_to_sequence(5, 7) == 12);
  CHECK(add_to_sequence(INT32_MAX, 1) == 0);
  CHECK(add_to_sequence(INT32_MAX - 1, 3) == 1);
  CHECK(add_to_sequence(INT32_MAX, INT32_MAX) == INT32_MAX - 1);
}

TEST_CASE("a varint reads back as it was written, in as many bytes as were foretold") {
  rc::prop("64 bits", [](int64_t value, uint8_t shift) {
    value >>= shift % 64;
    byte_vector bytes;
    append_varint(bytes, value);
    RC_ASSERT(bytes.size() == varint_size(value));
    const auto* at = bytes.data();
    int64_t again = 0;
    RC_ASSERT(read_varint(at, bytes.data() + bytes.size(), again));
    RC_ASSERT(again == value);
    RC_ASSERT(at == bytes.data() + bytes.size());
  });
  for (int32_t value : {0, 1, -1, 63, 64, -64, -65, INT32_MAX, INT32_MIN}) {
    byte_vector bytes;
    append_varint(bytes, value);
    const auto* at = bytes.data();
    int32_t again = 0;
    REQUIRE(read_varint(at, bytes.data() + bytes.size(), again));
    CHECK(again == value);
  }
}
