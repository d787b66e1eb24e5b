#include "cli/log_report.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "protocol/record_batch_builder.hpp"
#include "storage/posix_file_system.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

namespace fs = std::filesystem;

/// data/orders-0 with one segment of two batches; gone with the test.
struct sample_directory {
  sample_directory() {
    fs::create_directories(root / "orders-0");
    record_batch_builder first;
    first.append({.timestamp = 1'000, .key = as_byte_span("k"), .value = as_byte_span("one")});
    first.append({.timestamp = 1'001, .value = as_byte_span("two")});
    record_batch_builder second({.base_offset = 2});
    second.append({.timestamp = 1'002, .value = as_byte_span("three")});
    for (auto* builder : {&first, &second}) {
      auto batch = builder->build();
      REQUIRE(batch);
      bytes.append(as_text(batch->view()));
    }
    write();
  }
  ~sample_directory() { fs::remove_all(root); }
  sample_directory(const sample_directory&) = delete;
  sample_directory& operator=(const sample_directory&) = delete;

  void write() const { std::ofstream(segment(), std::ios::binary) << bytes; }
  [[nodiscard]] std::string segment() const {
    return (root / "orders-0" / "00000000000000000000.log").string();
  }

  fs::path root = fs::temp_directory_path() / ("ottla-log-report-" + std::to_string(::getpid()));
  std::string bytes;
};

TEST_CASE("segments are found in a file, a partition and a log directory") {
  sample_directory sample;
  posix_file_system disk;
  for (const auto& path :
       {sample.segment(), (sample.root / "orders-0").string(), sample.root.string()}) {
    auto found = find_segments(disk, path);
    REQUIRE(found);
    CHECK(*found == std::vector<std::string>{sample.segment()});
  }
  CHECK_FALSE(find_segments(disk, (sample.root / "none").string()));
}

TEST_CASE("a sound segment has no problems and its counts are right") {
  sample_directory sample;
  posix_file_system disk;
  auto report = verify_segment(disk, sample.segment());
  REQUIRE(report);
  CHECK(report->problems.empty());
  CHECK(report->batches == 2);
  CHECK(report->records == 3);
  CHECK(report->first_offset == 0);
  CHECK(report->last_offset == 2);
  CHECK(report->bytes == static_cast<int64_t>(sample.bytes.size()));
}

TEST_CASE("a flipped bit, a torn end and a bad index are problems") {
  sample_directory sample;
  posix_file_system disk;
  sample.bytes[70] = static_cast<char>(sample.bytes[70] ^ 1);
  sample.write();
  auto flipped = verify_segment(disk, sample.segment());
  REQUIRE(flipped);
  CHECK(flipped->problems ==
        std::vector<std::string>{"batch at position 0: wrong checksum; bytes 0 to 81 hold no "
                                 "batch, offsets from 0 to 1 are lost"});
  CHECK(flipped->batches == 1);  // one bad batch hides no other
  CHECK(flipped->last_offset == 2);

  sample.bytes[70] = static_cast<char>(sample.bytes[70] ^ 1);
  sample.bytes.pop_back();
  sample.write();
  auto torn = verify_segment(disk, sample.segment());
  REQUIRE(torn);
  CHECK(torn->batches == 1);
  CHECK(torn->problems.size() == 1);

  std::ofstream(sample.root / "orders-0" / "00000000000000000000.index") << "xxxxxxxx";
  auto indexed = verify_segment(disk, sample.segment());
  REQUIRE(indexed);
  CHECK(indexed->problems.size() == 2);
}

}  // namespace
}  // namespace ottla
