// What opening a log makes of every kind of damage.
#include <algorithm>

#include "storage/small_files.hpp"
#include "tests/storage/log_fixture.hpp"

namespace ottla {
namespace {

/// Five batches of different sizes in one segment: offsets 0-1, 2, 3-5, 6, 7-8.
void fill(log_fixture& fixture) {
  fixture.options.index_interval_bytes = 100;
  fixture.must_open();
  fixture.must_append({"zero", "one"});
  fixture.must_append({std::string(150, '2')});
  fixture.must_append({"three", "four", "five"});
  fixture.must_append({std::string(90, '6')});
  fixture.must_append({"seven", "eight"});
}

const std::vector<log_offset> edges{0, 2, 3, 6, 7, 9};

TEST_CASE("a log cut at any byte opens with its whole batches, after either kind of crash") {
  log_fixture whole;
  fill(whole);
  const auto expected = read_all(*whole.log, 0);
  const std::string bytes = whole.disk.contents(whole.file(log_file_kind::log));
  std::vector<int64_t> ends;  // of each batch
  record_batch_walk walk(as_byte_span(bytes));
  for (int64_t end = 0;;) {
    auto batch = walk.next();
    REQUIRE(batch);
    if (!*batch) break;
    ends.push_back(end += static_cast<int64_t>((*batch)->bytes().size()));
  }
  for (const auto last : {last_shutdown::process_crash, last_shutdown::machine_crash}) {
    for (size_t length = 0; length <= bytes.size(); ++length) {
      INFO("cut to " << length << " bytes");
      log_fixture cut;
      cut.options.index_interval_bytes = 100;
      cut.disk.put(cut.file(log_file_kind::log), bytes.substr(0, length));
      cut.must_open(last);
      const auto kept =
          static_cast<size_t>(std::count_if(ends.begin(), ends.end(), [&](int64_t end) {
            return end <= static_cast<int64_t>(length);
          }));
      REQUIRE(cut.log->log_end() == edges[kept]);
      REQUIRE(read_all(*cut.log, 0) ==
              log_contents(expected.begin(), expected.lower_bound(edges[kept])));
      REQUIRE(cut.must_append({"next"}).base_offset == edges[kept]);
    }
  }
}

TEST_CASE("a log with any bit flipped never returns a wrong record after a machine crash") {
  log_fixture whole;
  fill(whole);
  const auto expected = read_all(*whole.log, 0);
  const std::string bytes = whole.disk.contents(whole.file(log_file_kind::log));
  for (const log_offset recovery_point : {log_offset{0}, log_offset{9}}) {
    for (size_t bit = 0; bit < bytes.size() * 8; bit += 3) {
      INFO("bit " << bit << ", recovery point " << recovery_point);
      log_fixture flipped;
      flipped.options.index_interval_bytes = 100;
      flipped.disk.put(flipped.file(log_file_kind::log), bytes);
      flipped.disk.flip_bit(flipped.file(log_file_kind::log), static_cast<int64_t>(bit / 8),
                            static_cast<int>(bit % 8));
      flipped.must_open(last_shutdown::machine_crash, recovery_point);
      auto& log = *flipped.log;
      REQUIRE(log.log_end() >= recovery_point);
      if (recovery_point == 0) {
        for (const auto& [offset, value] : read_all(log, 0)) REQUIRE(expected.at(offset) == value);
        continue;
      }
      // Below the recovery point nothing is cut. Headers are looked at, payloads are not: the
      // readers' CRC tells. What cannot be walked over is quarantined and refused.
      REQUIRE(log.recovered().bytes_cut == 0);
      for (const auto& bad : log.recovered().quarantined) {
        REQUIRE(bad.first < bad.next);
        auto slice = log.read(bad.first, {1000, INT64_MAX, true});
        REQUIRE_FALSE(slice);
        REQUIRE(slice.error().code == error_code::corrupt_message);
      }
      const log_offset end = log.log_end();
      const auto epoch =
          std::max(0, log.latest_epoch());  // the last batch's may be the flipped one
      REQUIRE(flipped.must_append({"next"}, epoch).base_offset == end);
    }
  }
}

TEST_CASE("offsets that fall from one epoch to the next are damage, not a reason to give up") {
  for (const auto last :
       {last_shutdown::clean, last_shutdown::process_crash, last_shutdown::machine_crash}) {
    log_fixture fixture;
    REQUIRE(fixture.open());
    fixture.must_append({"a"}, 1);
    fixture.must_append({"b"}, 2);
    REQUIRE(fixture.log->rest());
    fixture.disk.kill_process();
    const auto path = fixture.file(log_file_kind::log);
    auto bytes = read_file(fixture.disk, path);
    REQUIRE(bytes);
    const auto second = static_cast<int64_t>(bytes->size() / 2);  // two batches of one size
    fixture.disk.flip_bit(path, second + 7, 0);                   // its base offset: 0
    (void)fixture.disk.remove_file(fixture.directory + "/leader-epoch-checkpoint");
    fixture.must_open(last);
    const auto end = fixture.log->log_end();
    CHECK(fixture.must_append({"next"}, 2).base_offset == end);
  }
}

TEST_CASE("a full disk keeps no log from opening") {
  for (const auto last :
       {last_shutdown::clean, last_shutdown::process_crash, last_shutdown::machine_crash}) {
    for (const bool without_indexes : {false, true}) {
      INFO(static_cast<int>(last) << ' ' << without_indexes);
      log_fixture fixture;
      fixture.options.index_interval_bytes = 1;
      fill(fixture);
      REQUIRE(fixture.log->flush());
      const auto expected = read_all(*fixture.log, 0);
      REQUIRE(fixture.log->rest());  // writes the indexes
      fixture.disk.kill_process();
      if (without_indexes) {
        REQUIRE(fixture.disk.remove_file(fixture.file(log_file_kind::offset_index)));
        REQUIRE(fixture.disk.remove_file("data/orders-0/leader-epoch-checkpoint"));
      }
      fixture.disk.limit_space(fixture.disk.used_bytes());
      fixture.must_open(last, 9);
      CHECK(read_all(*fixture.log, 0) == expected);
      CHECK(code_of(fixture.append(batch_of({"refused"}), 5)) == error_code::kafka_storage_error);
      fixture.disk.limit_space(std::nullopt);
      CHECK(fixture.must_append({"nine"}, 5).base_offset == 9);
    }
  }
}

TEST_CASE("a damaged batch below the recovery point is quarantined, the rest served") {
  log_fixture fixture;
  fill(fixture);
  REQUIRE(fixture.log->flush());
  const auto expected = read_all(*fixture.log, 0);
  auto damaged = fixture.log->read(3, {1, INT64_MAX, true});
  REQUIRE(damaged);
  // The length of batch 3-5.
  fixture.disk.flip_bit(fixture.file(log_file_kind::log), damaged->range.position + 9, 6);
  const auto open_again = [&](last_shutdown last, log_offset end = 9) {
    fixture.disk.kill_process();
    fixture.must_open(last, 9);
    CHECK(fixture.log->log_end() == end);
    CHECK(fixture.log->recovered().bytes_cut == 0);
    REQUIRE(fixture.log->recovered().quarantined.size() == 1);
    CHECK(fixture.log->recovered().quarantined[0].first == 3);
    CHECK(fixture.log->recovered().quarantined[0].next == 6);
    auto behind = read_all(*fixture.log, 6);
    behind.erase(9);
    CHECK(behind == log_contents(expected.lower_bound(6), expected.end()));
    auto before = fixture.log->read(0, {1 << 20, INT64_MAX, true});
    REQUIRE(before);
    CHECK(before->next_offset == 3);
    for (log_offset bad : {3, 4, 5}) {
      auto refused = fixture.log->read(bad, {1 << 20, INT64_MAX, true});
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == error_code::corrupt_message);
    }
  };
  open_again(last_shutdown::machine_crash);
  open_again(last_shutdown::clean);  // it is remembered
  CHECK(fixture.must_append({"nine"}).base_offset == 9);
  open_again(last_shutdown::process_crash, 10);
}

TEST_CASE("behind damage a batch with a wrong offset, which no CRC covers, does not end the log") {
  log_fixture fixture;
  fill(fixture);
  REQUIRE(fixture.log->flush());
  const auto position_of = [&](log_offset offset) {
    auto found = fixture.log->read(offset, {1, INT64_MAX, true});
    REQUIRE(found);
    return found->range.position;
  };
  const auto damaged = position_of(0), wrong = position_of(3);
  const auto path = fixture.file(log_file_kind::log);
  fixture.disk.flip_bit(path, damaged + 70, 1);
  SECTION("farther than a segment reaches") {
    fixture.disk.flip_bit(path, wrong + 2, 5);
  }
  SECTION("behind the batches that follow") {
    fixture.disk.flip_bit(path, wrong + 6, 2);
  }
  fixture.disk.kill_process();
  fixture.must_open(last_shutdown::process_crash, 9);
  CHECK(fixture.log->log_end() == 9);
  CHECK(read_all(*fixture.log, 6).contains(6));
  CHECK(fixture.must_append({"nine"}).base_offset == 9);
}

TEST_CASE("synced records that are gone leave a gap, and their offsets are never used again") {
  log_fixture fixture;
  fill(fixture);
  REQUIRE(fixture.log->flush());
  const std::string bytes = fixture.disk.contents(fixture.file(log_file_kind::log));
  fixture.disk.kill_process();
  fixture.disk.put(fixture.file(log_file_kind::log), bytes.substr(0, 10));
  fixture.must_open(last_shutdown::machine_crash, 9);
  CHECK(fixture.log->log_end() == 9);
  CHECK_FALSE(fixture.log->recovered().quarantined.empty());
  auto refused = fixture.log->read(4, {1 << 20, INT64_MAX, true});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == error_code::corrupt_message);
  CHECK(fixture.must_append({"nine"}).base_offset == 9);
  CHECK(read_all(*fixture.log, 9) == log_contents{{9, "nine"}});
}

TEST_CASE("what was truncated is not missed, though the checkpoint still calls it synced") {
  const auto last = GENERATE(last_shutdown::process_crash, last_shutdown::machine_crash);
  const log_offset cut_to = GENERATE(0, 3, 7);  // 0: another log begins
  log_fixture fixture;
  fixture.options.segment_bytes = 400;
  fill(fixture);
  REQUIRE(fixture.log->flush());
  auto removal = cut_to == 0 ? fixture.log->truncate_fully_and_start_at(0, fixture.now)
                             : fixture.log->truncate_to(cut_to, fixture.now);
  REQUIRE(removal);
  if (last == last_shutdown::machine_crash) fixture.disk.cut_power();
  fixture.must_open(last, 9);
  CHECK(fixture.log->recovered().quarantined.empty());
  REQUIRE(fixture.log->log_end() == cut_to);
  CHECK(fixture.must_append({"other"}).base_offset == cut_to);
  CHECK(fixture.must_append(std::vector<std::string>(9, "others")).base_offset == cut_to + 1);
  fixture.must_open(last, 9);  // still
  REQUIRE(fixture.log->log_end() == cut_to + 10);
  const auto note = fixture.directory + "/" + std::string(truncation_name);
  CHECK(fixture.disk.contents(note) != "");
  REQUIRE(fixture.log->flush());
  CHECK_FALSE(*fixture.disk.exists(note));  // from here on the checkpoint is right again
}

TEST_CASE("removing a dropped segment leaves the next one of its name alone") {
  log_fixture fixture;
  fixture.options.index_interval_bytes = 1;
  fixture.must_open();
  fixture.must_append({"zero"});
  REQUIRE(fixture.log->roll(fixture.now));
  fixture.must_append({"one"});  // its index is not written yet
  auto removal = fixture.log->truncate_to(1, fixture.now);
  REQUIRE(removal);
  REQUIRE(fixture.log->roll(fixture.now));
  fixture.must_append({"another"});
  fixture.must_append({"two"});
  REQUIRE(fixture.log->roll(fixture.now));
  REQUIRE(fixture.log->rest());
  const auto before = fixture.disk.paths();
  const auto index = fixture.file(log_file_kind::offset_index, 1);
  REQUIRE(std::find(before.begin(), before.end(), index) != before.end());
  REQUIRE(removal->run(fixture.disk));
  CHECK(*fixture.disk.exists(index));
  CHECK(read_all(*fixture.log, 0) == log_contents{{0, "zero"}, {1, "another"}, {2, "two"}});
}

TEST_CASE("after a crash of the process a bad batch with good ones behind it is not cut") {
  log_fixture fixture;
  fill(fixture);
  auto damaged = fixture.log->read(3, {1, INT64_MAX, true});
  REQUIRE(damaged);
  fixture.disk.flip_bit(fixture.file(log_file_kind::log), damaged->range.position + 70, 1);
  fixture.disk.kill_process();
  fixture.must_open(last_shutdown::process_crash, 0);
  CHECK(fixture.log->log_end() == 9);
  REQUIRE(fixture.log->recovered().quarantined.size() == 1);
  CHECK(fixture.log->recovered().quarantined[0].first == 3);
}

TEST_CASE("damaged or missing indexes, snapshots and epoch files are made anew") {
  for (const auto last :
       {last_shutdown::clean, last_shutdown::process_crash, last_shutdown::machine_crash}) {
    for (const bool remove : {false, true}) {
      log_fixture fixture;
      fixture.options.index_interval_bytes = 50;
      fixture.options.segment_bytes = 600;
      fixture.must_open();
      for (int i = 0; i < 30; ++i) {
        fixture.must_append(produced_by(5, 0, i, {"value " + std::to_string(i)}), i / 7);
      }
      REQUIRE(fixture.log->close_cleanly());
      fixture.must_open();
      const auto expected = read_all(*fixture.log, 0);
      for (const auto& path : fixture.disk.paths()) {
        if (path.ends_with(".log") || !path.starts_with(fixture.directory)) continue;
        const std::string bad = fixture.disk.contents(path).substr(1) + "xy";
        if (remove) {
          REQUIRE(fixture.disk.remove_file(path));
        } else {
          fixture.disk.put(path, bad);
        }
      }
      fixture.disk.kill_process();
      fixture.must_open(last, 30);
      CHECK(fixture.log->log_end() == 30);
      CHECK(read_all(*fixture.log, 0, 100) == expected);
      CHECK(fixture.log->recovered().indexes_rebuilt > 0);
      CHECK(fixture.log->recovered().epochs_rebuilt);
      CHECK(fixture.log->latest_epoch() == 4);
      CHECK(fixture.log->epoch_end_offset(2).end_offset == 21);
      const auto retry = fixture.must_append(produced_by(5, 0, 27, {"value 27"}), 4);
      CHECK(retry.duplicate);
      CHECK(retry.base_offset == 27);
    }
  }
}

TEST_CASE("zeros behind a preallocated index, as Kafka leaves after a crash, do no harm") {
  log_fixture fixture;
  fill(fixture);
  REQUIRE(fixture.log->close_cleanly());
  for (const auto kind : {log_file_kind::offset_index, log_file_kind::time_index}) {
    const auto path = fixture.file(kind);
    fixture.disk.put(path, fixture.disk.contents(path) + std::string(240, '\0'));
  }
  fixture.must_open(last_shutdown::machine_crash, 0);
  CHECK(fixture.log->log_end() == 9);
  CHECK(read_all(*fixture.log, 0, 1).size() == 9);
}

TEST_CASE("a clean start reads no more than the end of the log") {
  log_fixture fixture;
  fixture.must_open();
  for (int i = 0; i < 50; ++i) fixture.must_append({std::string(5000, 'x')});
  REQUIRE(fixture.log->close_cleanly());
  fixture.must_open(last_shutdown::clean, 50);
  CHECK(fixture.log->recovered().bytes_checked == 0);
  CHECK(fixture.log->recovered().bytes_walked < 12'000);
  CHECK_FALSE(fixture.log->recovered().producers_replayed);
}

TEST_CASE("leftovers of deletions and compactions are cleared away at start") {
  log_fixture fixture;
  fill(fixture);
  const auto expected = read_all(*fixture.log, 0);
  REQUIRE(fixture.log->close_cleanly());
  fixture.disk.put(fixture.directory + "/00000000000000000000.log.deleted", "old");
  fixture.disk.put(fixture.directory + "/00000000000000000000.log.cleaned", "half");
  fixture.disk.put(fixture.directory + "/00000000000000000000.index.swap", "half");
  fixture.disk.put(fixture.directory + "/00000000000000000777.index", "12345678");
  fixture.disk.put(fixture.directory + "/leader-epoch-checkpoint.tmp", "0");
  fixture.must_open();
  CHECK(read_all(*fixture.log, 0) == expected);
  for (const auto& path : fixture.disk.paths()) {
    CHECK(path.find(".deleted") == path.npos);
    CHECK(path.find(".cleaned") == path.npos);
    CHECK(path.find(".swap") == path.npos);
    CHECK(path.find("777") == path.npos);
    CHECK_FALSE(path.ends_with(".tmp"));
  }
}

TEST_CASE("a quarantine file of a newer format is refused, a damaged one survived") {
  log_fixture fixture;
  fill(fixture);
  REQUIRE(fixture.log->close_cleanly());
  fixture.disk.put(fixture.directory + "/ottla.quarantine", "rubbish");
  fixture.must_open();
  CHECK(fixture.log->recovered().notes.size() == 1);
  fixture.disk.put(fixture.directory + "/ottla.quarantine", seal_text("quarantine", 2, ""));
  auto opened = fixture.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == error_code::unsupported_version);
}

}  // namespace
}  // namespace ottla
