#include "storage/log_scrub.hpp"

#include <cerrno>
#include <random>

#include "tests/storage/log_fixture.hpp"

namespace ottla {
namespace {

/// Some segments of several batches of three records each.
struct scrubbed_log : log_fixture {
  scrubbed_log() {
    options.segment_bytes = 2'000;
    must_open();
    for (int i = 0; i < 40; ++i) {
      must_append({"a" + std::to_string(i), "b" + std::string(50, 'x'), "c"});
    }
    REQUIRE(log->flush());
    REQUIRE(log->segment_count() > 3);
  }

  /// What a whole scrub finds and the log believes.
  std::vector<quarantined_range> scrub() {
    log_scrub job(*log);
    std::vector<quarantined_range> believed;
    for (;;) {
      auto made = job.step();
      if (!made) FAIL(made.error().message);
      for (const auto& range : made->damaged) {
        auto judged = log->quarantine(range);
        if (!judged) FAIL(judged.error().message);
        if (*judged) believed.push_back(range);
      }
      if (made->done) return believed;
    }
  }

  void damage(log_offset offset, int byte = 70) {
    auto slice = log->read(offset, {1, INT64_MAX, true});
    REQUIRE(slice);
    const auto& segments = log->segments();
    auto base = segments.front()->base_offset();
    for (const auto& each : segments) {
      if (each->base_offset() <= offset) base = each->base_offset();
    }
    disk.flip_bit(file(log_file_kind::log, base), slice->range.position + byte, 3);
  }

  void check_refused(log_offset first, log_offset next) {
    for (log_offset at = first; at < next; ++at) {
      auto refused = log->read(at, {1 << 20, INT64_MAX, true});
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == error_code::corrupt_message);
    }
  }
};

}  // namespace

TEST_CASE("a scrub of a good log finds nothing and reads all of it") {
  scrubbed_log fixture;
  log_scrub job(*fixture.log);
  int64_t bytes = 0;
  for (;;) {
    auto made = job.step();
    REQUIRE(made);
    CHECK(made->damaged.empty());
    bytes += made->bytes;
    if (made->done) break;
  }
  CHECK(bytes == fixture.log->size_bytes());
}

TEST_CASE("a scrub finds what a start after a crash did not look at, and the rest is served") {
  scrubbed_log fixture;
  const auto before = read_all(*fixture.log, 0);
  fixture.damage(6);
  fixture.damage(60);
  fixture.damage(117);  // the last batch of the log
  fixture.disk.kill_process();
  fixture.options.crash_check_bytes = 1;
  fixture.must_open(last_shutdown::process_crash, 120);
  const auto damaged_before = fixture.log->recovered().quarantined.size();  // at most the last one
  CHECK(damaged_before <= 1);

  const auto found = fixture.scrub();
  CHECK(found.size() + damaged_before == 3);
  CHECK(found[0].first == 6);
  CHECK(found[0].next == 9);
  CHECK(fixture.log->recovered().quarantined.size() == 3);
  CHECK(fixture.scrub().empty());  // known by now
  for (int round = 0; round < 2; ++round) {
    for (log_offset first : {6, 60, 117}) fixture.check_refused(first, first + 3);
    CHECK(read_all(*fixture.log, 120).empty());
    auto middle = fixture.log->read(9, {1 << 20, INT64_MAX, true});
    REQUIRE(middle);
    CHECK(middle->first_offset == 9);
    auto behind = fixture.log->read(63, {1 << 20, INT64_MAX, true});
    REQUIRE(behind);
    CHECK(behind->first_offset == 63);
    REQUIRE(fixture.log->close_cleanly());
    fixture.must_open(last_shutdown::clean, 120);  // it is remembered
  }
  CHECK(fixture.must_append({"next"}).base_offset == 120);
  CHECK(read_all(*fixture.log, 120) == log_contents{{120, "next"}});
}

TEST_CASE("a lost block of several batches, which the index points into, is one hole") {
  scrubbed_log fixture;
  fixture.options.index_interval_bytes = 1;
  fixture.options.segment_bytes = 1 << 20;
  fixture.log->set_options(fixture.options);
  const auto base = fixture.log->log_end();
  REQUIRE(fixture.log->roll(fixture.now));
  for (int i = 0; i < 1'500; ++i) fixture.must_append({"x"});
  REQUIRE(fixture.log->flush());
  const auto path = fixture.file(log_file_kind::log, base);
  auto from = fixture.log->read(base + 10, {1, INT64_MAX, true});
  auto to = fixture.log->read(base + 700, {1, INT64_MAX, true});
  REQUIRE(from);
  REQUIRE(to);
  auto bytes = fixture.disk.contents(path);
  for (auto at = from->range.position; at < to->range.position; ++at) {
    bytes[static_cast<size_t>(at)] = '\0';
  }
  fixture.log.reset();
  fixture.disk.put(path, bytes);
  fixture.must_open(last_shutdown::clean, base + 1'500);
  const auto found = fixture.scrub();
  REQUIRE(found.size() == 1);
  CHECK(found[0].first == base + 10);
  CHECK(found[0].next == base + 700);
  for (log_offset at = base; at < base + 1'500; at += 5) {
    INFO(at);
    auto slice = fixture.log->read(at, {1, INT64_MAX, true});
    const bool is_lost = at >= base + 10 && at < base + 700;
    REQUIRE(static_cast<bool>(slice) != is_lost);
    if (slice) REQUIRE(slice->first_offset == at);
  }
}

TEST_CASE("whatever bit flips in closed segments, a scrub keeps wrong bytes from readers") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 150; ++round) {
    scrubbed_log fixture;
    const auto before = read_all(*fixture.log, 0);
    const auto& segments = fixture.log->segments();
    const auto& where = *segments[random() % (segments.size() - 1)];
    const auto byte = static_cast<int64_t>(random() % static_cast<uint64_t>(where.size_bytes()));
    INFO("segment " << where.base_offset() << ", byte " << byte);
    fixture.disk.flip_bit(fixture.file(log_file_kind::log, where.base_offset()), byte,
                          static_cast<int>(random() % 8));
    (void)fixture.scrub();
    for (log_offset from = 0; from < 120;) {
      auto slice = fixture.log->read(from, {1 << 20, INT64_MAX, true});
      if (!slice) {
        REQUIRE(slice.error().code == error_code::corrupt_message);
        ++from;
        continue;
      }
      REQUIRE(slice->next_offset > from);
      for_each_batch(*slice, [](const record_batch_view&) {});  // checks each CRC
      from = slice->next_offset;
    }
  }
}

TEST_CASE("damage in a segment that has gone or changed meanwhile is a false alarm") {
  scrubbed_log fixture;
  fixture.damage(6);
  log_scrub job(*fixture.log);
  auto made = job.step();
  REQUIRE(made);
  REQUIRE(made->damaged.size() == 1);
  const auto range = made->damaged[0];
  SECTION("deleted by retention") {
    REQUIRE(fixture.log->delete_segments(1, fixture.now));
  }
  SECTION("cut away") {
    REQUIRE(fixture.log->truncate_to(3, fixture.now));
  }
  SECTION("readable again") {
    fixture.damage(6);  // flips it back
  }
  auto judged = fixture.log->quarantine(range);
  REQUIRE(judged);
  CHECK_FALSE(*judged);
  CHECK(fixture.log->recovered().quarantined.empty());
}

TEST_CASE("a segment that is deleted while it waits for its scrub is passed over") {
  scrubbed_log fixture;
  log_scrub job(*fixture.log);
  auto removal = fixture.log->delete_segments(2, fixture.now);
  REQUIRE(removal);
  REQUIRE(removal->run(fixture.disk));
  auto made = job.step();
  REQUIRE(made);
  CHECK(made->done);
  CHECK(made->damaged.empty());
  CHECK(made->bytes == fixture.log->size_bytes());
}

TEST_CASE("a segment that the disk cannot read is reported, the next ones are checked") {
  scrubbed_log fixture;
  fixture.damage(60);
  log_scrub job(*fixture.log);
  fixture.disk.fail(disk_operation::read, EIO);
  auto made = job.step();
  REQUIRE_FALSE(made);
  CHECK(made.error().os_errno == EIO);
  made = job.step();
  REQUIRE(made);
  CHECK(made->done);
  CHECK(made->damaged.size() == 1);
}

}  // namespace ottla
