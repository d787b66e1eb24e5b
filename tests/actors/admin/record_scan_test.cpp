#include "actors/admin/record_scan.hpp"

#include "protocol/record_batch_builder.hpp"
#include "protocol/shared_bytes.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using bytes = std::vector<std::byte>;

/// Batches of three records each from offset 0 on, with keys "k0", "k1" ... and values "value 0"
/// ...
bytes log_of(int batches, compression_codec codec = compression_codec::none) {
  bytes log;
  for (int i = 0; i < batches; ++i) {
    record_batch_builder builder{{.base_offset = i * 3, .compression = {.codec = codec}}};
    for (int j = 0; j < 3; ++j) {
      const auto n = std::to_string(i * 3 + j);
      const std::string key = "k" + n;
      const std::string value = "value " + n;
      const record_header_view header{"h", as_byte_span(value)};
      builder.append({.timestamp = 1'000 + i,
                      .key = as_byte_span(key),
                      .value = as_byte_span(value),
                      .headers = {&header, 1}});
    }
    const auto batch = builder.build();
    log.insert(log.end(), batch->view().begin(), batch->view().end());
  }
  return log;
}

record_filter containing(std::string key, std::string value) {
  record_filter made;
  if (!key.empty()) made.key = {bytes_match::how::contains, std::move(key)};
  if (!value.empty()) made.value = {bytes_match::how::contains, std::move(value)};
  return made;
}

std::vector<log_offset> offsets_of(const records_page& page) {
  std::vector<log_offset> offsets;
  for (const auto& each : page.records) offsets.push_back(each.offset);
  return offsets;
}
using offsets = std::vector<log_offset>;

TEST_CASE("records are shown with everything they have") {
  for (auto codec : {compression_codec::none, compression_codec::zstd, compression_codec::gzip}) {
    records_page page{.next = 4};
    REQUIRE(scan_batches(log_of(3, codec), {.limit = 2}, page));
    CHECK(offsets_of(page) == offsets{4, 5});
    CHECK(page.next == 6);
    CHECK(page.ended_by == page_end::limit);
    const auto& record = page.records.front();
    CHECK(record.timestamp == 1'001);
    CHECK(record.key->bytes == "k4");
    CHECK(record.value->bytes == "value 4");
    CHECK(record.value->size_bytes == 7);
    CHECK(record.headers.front().name == "h");
    CHECK(record.headers.front().value->bytes == "value 4");
    CHECK(record.size_bytes > 7);
  }
}

TEST_CASE("pages of any size follow each other without gaps or repetitions") {
  const auto log = log_of(4);
  for (int32_t limit = 1; limit <= 13; ++limit) {
    records_page all;
    for (records_page page; page.next < 12; page.records.clear()) {
      REQUIRE(scan_batches(log, {.limit = limit}, page));
      all.records.insert(all.records.end(), page.records.begin(), page.records.end());
    }
    CHECK(offsets_of(all) == offsets{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  }
}

TEST_CASE(
    "a page ends behind so many bytes of keys, values and headers, with one record at least") {
  records_page page;
  REQUIRE(scan_batches(log_of(4), {.shown_bytes_max = 50}, page));
  CHECK(page.shown_bytes == 64);  // 16 each
  CHECK(page.next == 4);
  CHECK(page.ended_by == page_end::limit);
  records_page least{.next = 4};
  REQUIRE(scan_batches(log_of(4), {.shown_bytes_max = 1}, least));
  CHECK(offsets_of(least) == offsets{4});
}

TEST_CASE("a filter asks for a beginning, the whole, a header or a time") {
  using how = bytes_match::how;
  const auto found = [log = log_of(4)](const record_filter& filter) {
    records_page page;
    REQUIRE(scan_batches(log, {.filter = filter}, page));
    CHECK(page.scanned_records == 12);
    return offsets_of(page);
  };
  CHECK(found({.key = {how::begins_with, "k1"}}) == offsets{1, 10, 11});
  CHECK(found({.key = {how::equals, "k1"}}) == offsets{1});
  CHECK(found({.value = {how::equals, "value 7"}}) == offsets{7});
  CHECK(found({.header = "h", .header_value = {how::contains, "e 3"}}) == offsets{3});
  CHECK(found({.header = "other"}).empty());
  CHECK(found({.from_time = 1'001, .until_time = 1'001}) == offsets{3, 4, 5});
  CHECK(found({.key = {how::begins_with, "k1"}, .from_time = 1'003}) == offsets{10, 11});
}

TEST_CASE("the end of the bytes is no end of the page") {
  records_page page;
  auto log = log_of(2);
  log.resize(log.size() - 5);  // a batch that is not whole
  REQUIRE(scan_batches(log, {.limit = 50}, page));
  CHECK(page.records.size() == 3);
  CHECK(page.next == 3);
  CHECK(page.ended_by == page_end::end);
}

TEST_CASE("only records with the wanted parts are shown, all are counted") {
  records_page page;
  REQUIRE(scan_batches(log_of(5), {.limit = 50, .filter = containing("", "ue 1")}, page));
  CHECK(offsets_of(page) == offsets{1, 10, 11, 12, 13, 14});
  CHECK(page.scanned_records == 15);
  records_page by_key;
  REQUIRE(scan_batches(log_of(5), {.limit = 50, .filter = containing("k3", "value")}, by_key));
  CHECK(offsets_of(by_key) == offsets{3});
}

TEST_CASE("a search that finds nothing ends when enough was scanned, and says where to go on") {
  const auto log = log_of(10);
  const auto batch_bytes = static_cast<int64_t>(log.size() / 10);
  records_page page;
  REQUIRE(scan_batches(log, {.scan_bytes_max = batch_bytes + 1, .filter = containing("", "none")},
                       page));
  CHECK(page.ended_by == page_end::budget);
  CHECK(page.next == 6);
  CHECK(page.records.empty());
}

TEST_CASE("long values are cut, their size is true") {
  records_page page;
  REQUIRE(scan_batches(log_of(1), {.limit = 1, .preview_bytes = 3}, page));
  CHECK(page.records.front().value->bytes == "val");
  CHECK(page.records.front().value->size_bytes == 7);
}

TEST_CASE("tombstones and records without a key have none") {
  record_batch_builder builder;
  builder.append({.timestamp = 1});
  const auto batch = builder.build();
  records_page page;
  REQUIRE(scan_batches(batch->view(), {}, page));
  CHECK_FALSE(page.records.front().key);
  CHECK_FALSE(page.records.front().value);
}

TEST_CASE("markers of transactions are passed over") {
  const auto marker = build_end_transaction_marker(7, 0, {}, 1'000);
  records_page page;
  REQUIRE(scan_batches(marker.view(), {}, page));
  CHECK(page.records.empty());
  CHECK(page.next == 1);
}

TEST_CASE("a damaged batch is a fault that names it") {
  auto log = log_of(2);
  log[log.size() - 3] ^= std::byte{1};
  records_page page;
  auto ended = scan_batches(log, {}, page);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == error_code::corrupt_message);
  CHECK(ended.error().message.find("offset 3") != std::string::npos);
}

TEST_CASE("keys go to the partitions that Kafka's own client chooses") {
  // Hashes from the tests of Apache Kafka.
  const std::pair<const char*, int32_t> known[] = {{"21", -973932308},
                                                   {"foobar", -790332482},
                                                   {"a-little-bit-long-string", -985981536},
                                                   {"a-little-bit-longer-string", -1486304829},
                                                   {"abc", 479470107}};
  for (const auto& [key, hash] : known) {
    INFO(key);
    CHECK(partition_for_key(key, 1'000'003) == (hash & 0x7fffffff) % 1'000'003);
  }
}

}  // namespace
}  // namespace ottla
