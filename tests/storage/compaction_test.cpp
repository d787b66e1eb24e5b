#include "storage/compaction.hpp"

#include <cerrno>
#include <random>
#include <set>

#include "protocol/crc32c.hpp"
#include "protocol/endian.hpp"
#include "tests/storage/log_fixture.hpp"

namespace ottla {
namespace {

struct keyed {
  std::string key;
  std::optional<std::string> value;
};

shared_bytes keyed_batch(const std::vector<keyed>& records, record_batch_options options = {},
                         timestamp_ms time = test_now) {
  record_batch_builder builder(options);
  for (const auto& [key, value] : records) {
    builder.append(
        {time, bytes_of(key), value ? nullable_bytes(bytes_of(*value)) : std::nullopt, {}});
  }
  auto built = builder.build();
  REQUIRE(built);
  return *built;
}

struct seen_record {
  std::string key;
  std::optional<std::string> value;
  friend bool operator==(const seen_record&, const seen_record&) = default;
};
using seen_records = std::map<log_offset, seen_record>;

struct seen_log {
  seen_records records;
  std::vector<record_batch_header> batches;
};

seen_log look(partition_log& log) {
  seen_log seen;
  for (log_offset from = log.log_start();;) {
    auto slice = log.read(from, {1 << 20, INT64_MAX, true});
    if (!slice) FAIL(slice.error().message);
    if (slice->range.length == 0) return seen;
    std::vector<std::byte> scratch;
    for_each_batch(*slice, [&](const record_batch_view& batch) {
      seen.batches.push_back(batch.header());
      REQUIRE(for_each_record(batch, scratch, [&](const record_view& record) {
        seen.records[record.offset] = {
            std::string(as_text(*record.key)),
            record.value ? std::optional(std::string(as_text(*record.value))) : std::nullopt};
      }));
    });
    from = slice->next_offset;
  }
}

struct compaction_fixture : log_fixture {
  explicit compaction_fixture(uint64_t seed = 1) : log_fixture(seed) {
    options.cleanup_compact = true;
    options.cleanup_delete = false;
    options.segment_bytes = 1000;
    options.index_interval_bytes = 100;
    options.delete_retention_ms = 1000;
    must_open();
  }

  compaction_limits limits() const {
    compaction_limits result;
    result.segment_bytes = options.segment_bytes;
    result.index_interval_bytes = options.index_interval_bytes;
    result.delete_retention_ms = options.delete_retention_ms;
    result.hash_seed = {1, 2};
    return result;
  }

  outcome<compaction_stats> compact(log_offset& clean_point, compaction_limits with) {
    OTTLA_TRY(log->flush());
    auto plan = plan_compaction(*log, clean_point, log->log_end(), now);
    if (!plan) return std::move(plan.error());
    compaction run(*log, *plan, with, now);
    for (;;) {
      auto progress = run.step();
      if (!progress) return std::move(progress.error());
      if (*progress == compaction::progress::done) break;
      if (*progress == compaction::progress::working) continue;
      auto removal = run.swap(*log);
      if (!removal) return std::move(removal.error());
      OTTLA_TRY(removal->run(disk));
    }
    clean_point = run.cleaned_up_to();
    return run.stats();
  }

  compaction_stats must_compact(log_offset& clean_point) {
    auto done = compact(clean_point, limits());
    if (!done) FAIL(done.error().message);
    return *done;
  }
};

/// What compaction promises (I19), for a log whose records below `cleaned` were compacted.
void check_compacted(const seen_records& before, const seen_records& after, log_offset cleaned) {
  std::map<std::string, log_offset> last;
  for (const auto& [offset, record] : before) {
    if (offset < cleaned) last[record.key] = offset;
  }
  for (const auto& [offset, record] : after) {
    REQUIRE(before.contains(offset));
    REQUIRE(before.at(offset) == record);  // offsets and contents never change
    if (offset < cleaned) REQUIRE(offset >= last.at(record.key));
  }
  for (const auto& [offset, record] : before) {
    const bool must_stay = offset >= cleaned || (last.at(record.key) == offset && record.value);
    if (must_stay) REQUIRE(after.contains(offset));
  }
}

TEST_CASE("compaction keeps the last record of each key, at its offset") {
  compaction_fixture fixture;
  fixture.must_append(keyed_batch({{"a", "1"}, {"b", "1"}}));
  fixture.must_append(keyed_batch({{"a", "2"}}));
  REQUIRE(fixture.log->roll(fixture.now));
  fixture.must_append(keyed_batch({{"c", "1"}, {"a", "3"}}));
  REQUIRE(fixture.log->roll(fixture.now));
  fixture.must_append(keyed_batch({{"a", "4"}}));  // active: neither cleaned nor looked at

  log_offset clean_point = 0;
  const auto stats = fixture.must_compact(clean_point);
  CHECK(clean_point == 5);
  CHECK(stats.records_read == 5);
  CHECK(stats.records_kept == 3);
  const auto seen = look(*fixture.log);
  CHECK(seen.records ==
        seen_records{{1, {"b", "1"}}, {3, {"c", "1"}}, {4, {"a", "3"}}, {5, {"a", "4"}}});
  CHECK(seen.batches.front().base_offset == 0);  // the batch keeps its range
  CHECK(seen.batches.front().last_offset() == 1);
  CHECK(fixture.log->segment_count() == 2);
}

TEST_CASE("a clean log is left alone") {
  compaction_fixture fixture;
  fixture.must_append(keyed_batch({{"a", "1"}}));
  REQUIRE(fixture.log->roll(fixture.now));
  fixture.must_append(keyed_batch({{"b", "1"}}));
  log_offset clean_point = 0;
  const auto path = fixture.file(log_file_kind::log);
  const auto before = fixture.disk.contents(path);
  fixture.must_compact(clean_point);
  CHECK(fixture.disk.contents(path) == before);
  auto plan = plan_compaction(*fixture.log, clean_point, fixture.log->log_end(), fixture.now);
  REQUIRE(plan);
  CHECK(plan->dirty_bytes == 0);
  CHECK_FALSE(plan->is_due(fixture.options));
}

TEST_CASE("a tombstone stays for delete.retention.ms after the first cleaning, then goes") {
  compaction_fixture fixture;
  fixture.must_append(keyed_batch({{"a", "1"}, {"b", "1"}}));
  fixture.must_append(keyed_batch({{"a", std::nullopt}}));
  REQUIRE(fixture.log->roll(fixture.now));
  fixture.must_append(keyed_batch({{"x", "1"}}));

  log_offset clean_point = 0;
  fixture.must_compact(clean_point);
  auto seen = look(*fixture.log);
  CHECK(seen.records == seen_records{{1, {"b", "1"}}, {2, {"a", std::nullopt}}, {3, {"x", "1"}}});
  REQUIRE(seen.batches.size() == 3);
  CHECK(seen.batches[1].delete_horizon() == fixture.now + 1000);
  CHECK(seen.batches[1].max_timestamp == test_now);

  const auto again = [&] {
    REQUIRE(fixture.log->roll(fixture.now));
    fixture.must_append(keyed_batch({{"x", "2"}}));
    fixture.must_compact(clean_point);
    return look(*fixture.log).records.contains(2);
  };
  fixture.now += 999;
  CHECK(again());
  fixture.now += 1;
  CHECK_FALSE(again());
}

TEST_CASE("the last batch of a live producer stays, if need be without records") {
  compaction_fixture fixture;
  record_batch_options options;
  options.producer_id = 9;
  options.producer_epoch = 2;
  options.base_sequence = 0;
  fixture.must_append(keyed_batch({{"a", "1"}, {"a", "2"}}, options));
  options.base_sequence = 2;
  fixture.must_append(keyed_batch({{"a", "3"}}, options));
  fixture.must_append(keyed_batch({{"a", "4"}}));
  REQUIRE(fixture.log->roll(fixture.now));
  fixture.must_append(keyed_batch({{"x", "1"}}));
  log_offset clean_point = 0;
  fixture.must_compact(clean_point);
  const auto seen = look(*fixture.log);
  CHECK(seen.records == seen_records{{3, {"a", "4"}}, {4, {"x", "1"}}});
  REQUIRE(seen.batches.size() == 3);
  CHECK(seen.batches[0].record_count == 0);
  CHECK(seen.batches[0].base_offset == 2);
  CHECK(seen.batches[0].base_sequence == 2);
  CHECK(seen.batches[0].producer_epoch == 2);
  // Retried batches are still known, also after a restart that replays the compacted log.
  fixture.disk.kill_process();
  fixture.must_open(last_shutdown::process_crash, fixture.log->recovery_point());
  const auto retry = fixture.must_append(keyed_batch({{"a", "3"}}, options));
  CHECK(retry.duplicate);
  CHECK(retry.base_offset == 2);
}

TEST_CASE("codec, headers and times of the records that stay are untouched") {
  compaction_fixture fixture;
  record_batch_options options;
  options.compression.codec = compression_codec::lz4;
  record_batch_builder builder(options);
  const record_header_view header{"trace", bytes_of("t1")};
  builder.append({test_now - 5, bytes_of("a"), bytes_of("1"), {}});
  builder.append({test_now - 3, bytes_of("b"), bytes_of("2"), std::span{&header, 1}});
  builder.append({test_now - 1, bytes_of("a"), bytes_of("3"), {}});
  fixture.must_append(*builder.build());
  REQUIRE(fixture.log->roll(fixture.now));
  fixture.must_append(keyed_batch({{"x", "1"}}));
  log_offset clean_point = 0;
  fixture.must_compact(clean_point);
  const auto seen = look(*fixture.log);
  CHECK(seen.records.size() == 3);
  CHECK(seen.batches[0].codec() == compression_codec::lz4);
  auto slice = fixture.log->read(0, {1, INT64_MAX, true});
  REQUIRE(slice);
  auto bytes = flatten({slice->range});
  REQUIRE(bytes);
  auto view = record_batch_view::parse(bytes->view());
  REQUIRE(view);
  std::vector<std::byte> scratch;
  std::vector<timestamp_ms> times;
  size_t headers = 0;
  REQUIRE(for_each_record(*view, scratch, [&](const record_view& record) {
    times.push_back(record.timestamp);
    headers += record.headers().size();
  }));
  CHECK(times == std::vector<timestamp_ms>{test_now - 3, test_now - 1});
  CHECK(headers == 1);
}

TEST_CASE("a tombstone stays for ever where delete.retention.ms has no end") {
  compaction_fixture fixture;
  fixture.options.delete_retention_ms = INT64_MAX;
  log_offset clean_point = 0;
  for (int round = 0; round < 3; ++round) {
    fixture.must_append(keyed_batch({{"a", std::nullopt}}));
    fixture.must_append(keyed_batch({{"b" + std::to_string(round), "1"}}));
    REQUIRE(fixture.log->roll(fixture.now));
    fixture.must_append(keyed_batch({{"c", "1"}}));
    fixture.must_compact(clean_point);
    fixture.now += 1'000'000'000;
    const auto records = look(*fixture.log).records;
    CHECK(std::any_of(records.begin(), records.end(),
                      [](const auto& each) { return each.second.key == "a"; }));
  }
}

TEST_CASE("a batch that cannot be inflated stays as it is, and hides no older record") {
  compaction_fixture fixture;
  fixture.must_append(keyed_batch({{"a", "1"}, {"b", "1"}}));
  record_batch_options options;
  options.compression.codec = compression_codec::gzip;
  options.base_offset = 2;
  options.epoch = 0;
  auto bad = keyed_batch({{"a", "2"}, {"c", std::string(100, 'c')}}, options);
  auto bytes = bad.writable();
  bytes[batch_layout::header_bytes + 20] ^= std::byte{0xff};
  const auto crc = crc32c(bytes.subspan(batch_layout::attributes));
  store_big_endian<uint32_t>(bytes.data() + batch_layout::crc, crc);
  const std::string as_sent{as_text(bad.view())};
  auto taken = fixture.log->append_as_follower(bad, fixture.now);
  REQUIRE(std::get_if<appended>(&taken) != nullptr);
  fixture.must_append(keyed_batch({{"b", "2"}, {"d", "1"}}));
  REQUIRE(fixture.log->roll(fixture.now));
  fixture.must_append(keyed_batch({{"e", "1"}}));

  log_offset clean_point = 0;
  const auto stats = fixture.must_compact(clean_point);
  CHECK(stats.batches_unreadable == 1);
  CHECK(clean_point == 6);
  auto first = fixture.log->read(0, {1, INT64_MAX, true});
  REQUIRE(first);
  CHECK(first->first_offset == 0);
  CHECK(first->next_offset == 2);  // "a" at 0 is still there: who knows what 2 was
  auto second = fixture.log->read(2, {1, INT64_MAX, true});
  REQUIRE(second);
  auto kept = flatten({second->range});
  REQUIRE(kept);
  CHECK(as_text(kept->view()) == as_sent);
}

TEST_CASE("lag, ratio and the high watermark bound what is cleaned and when") {
  compaction_fixture fixture;
  for (int i = 0; i < 4; ++i) {
    fixture.must_append(keyed_batch({{"a", std::to_string(i)}}, {}, fixture.now));
    REQUIRE(fixture.log->roll(fixture.now));
    fixture.now += 100;
  }
  const auto plan_for = [&](log_offset clean_point, log_offset stable) {
    REQUIRE(fixture.log->flush());
    auto plan = plan_compaction(*fixture.log, clean_point, stable, fixture.now);
    REQUIRE(plan);
    return *plan;
  };
  CHECK(plan_for(0, 4).upper == 4);
  CHECK_FALSE(plan_for(0, 4).look_again_ms);
  CHECK(plan_for(0, 2).upper == 2);
  CHECK(plan_for(0, 2).look_again_ms == fixture.now);
  CHECK(plan_for(1, 4).dirty_ratio() == Approx(0.75));
  CHECK(plan_for(99, 4).first_dirty == 0);  // a checkpoint beyond the log is not believed

  fixture.options.min_compaction_lag_ms = 150;
  fixture.log->set_options(fixture.options);
  CHECK(plan_for(0, 4).upper == 3);
  CHECK(plan_for(0, 4).look_again_ms == fixture.now - 100 + 150);  // of the last record

  fixture.options.min_compaction_lag_ms = 0;
  fixture.options.min_cleanable_dirty_ratio = 0.9;
  fixture.log->set_options(fixture.options);
  CHECK_FALSE(plan_for(1, 4).is_due(fixture.options));
  CHECK_FALSE(plan_for(1, 4).look_again_ms);  // time does not make it dirtier
  fixture.options.max_compaction_lag_ms = 1'000;
  fixture.log->set_options(fixture.options);
  CHECK(plan_for(1, 4).look_again_ms == fixture.now - 300 + 1'000 + 1);  // of the first dirty one
  CHECK(plan_for(1, 2).look_again_ms == fixture.now);                    // whichever is first
  fixture.options.max_compaction_lag_ms = 250;
  fixture.log->set_options(fixture.options);
  CHECK(plan_for(1, 4).is_due(fixture.options));
}

TEST_CASE("a full key map cleans what it can and goes on the next time") {
  compaction_fixture fixture;
  for (int i = 0; i < 40; ++i) {
    fixture.must_append(keyed_batch({{"k" + std::to_string(i % 30), std::to_string(i)}}));
  }
  REQUIRE(fixture.log->roll(fixture.now));
  const auto before = look(*fixture.log).records;
  auto limits = fixture.limits();
  limits.map_bytes = 16 * 24;  // 14 keys
  log_offset clean_point = 0;
  for (int round = 0; round < 10 && clean_point < 40; ++round) {
    const log_offset last = clean_point;
    auto done = fixture.compact(clean_point, limits);
    REQUIRE(done);
    REQUIRE(clean_point > last);
    const auto after = look(*fixture.log).records;
    for (const auto& [offset, record] : after) CHECK(before.at(offset) == record);
  }
  CHECK(clean_point == 40);
  CHECK(look(*fixture.log).records.size() == 30);
}

TEST_CASE("compaction of random logs keeps its promises, also when cancelled") {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    compaction_fixture fixture(seed);
    std::mt19937_64 random(seed);
    log_offset clean_point = 0;
    seen_records all;
    std::set<std::string> once_deleted;
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 15; ++i) {
        std::vector<keyed> records;
        for (size_t n = random() % 4 + 1; n > 0; --n) {
          keyed record{"k" + std::to_string(random() % 12), std::to_string(random() % 1000)};
          if (random() % 5 == 0) record.value.reset();
          records.push_back(std::move(record));
        }
        const auto placed = fixture.must_append(keyed_batch(records));
        for (size_t n = 0; n < records.size(); ++n) {
          all[placed.base_offset + static_cast<log_offset>(n)] = {records[n].key, records[n].value};
        }
      }
      fixture.now += static_cast<timestamp_ms>(random() % 1500);
      if (random() % 3 == 0) {
        REQUIRE(fixture.log->flush());
        auto plan = plan_compaction(*fixture.log, clean_point, fixture.log->log_end(), fixture.now);
        REQUIRE(plan);
        compaction cancelled(*fixture.log, *plan, fixture.limits(), fixture.now);
        REQUIRE(cancelled.step());
      } else {
        fixture.must_compact(clean_point);
      }
      for (const auto& path : fixture.disk.paths()) REQUIRE(path.find(".cleaned") == path.npos);
      check_compacted(all, look(*fixture.log).records, clean_point);
      if (random() % 2 == 0) {
        REQUIRE(fixture.log->close_cleanly());
        fixture.must_open(last_shutdown::clean, fixture.log->recovery_point());
        check_compacted(all, look(*fixture.log).records, clean_point);
      }
    }
  }
}

TEST_CASE("a log whose older segments are compacted is whole after a crash of the machine") {
  compaction_fixture fixture;
  for (int i = 0; i < 60; ++i) {
    fixture.must_append(keyed_batch({{"k" + std::to_string(i % 7), std::to_string(i)}}));
  }
  log_offset clean_point = 0;
  fixture.must_compact(clean_point);
  fixture.must_append(keyed_batch({{"k9", "last"}}));
  REQUIRE(fixture.log->flush());
  const auto before = look(*fixture.log).records;
  REQUIRE(fixture.log->segment_count() > 1);
  const log_offset end = fixture.log->log_end();
  fixture.must_open(last_shutdown::machine_crash, GENERATE(0, 7, 40));  // a minute old
  CHECK(fixture.log->log_end() == end);
  CHECK(look(*fixture.log).records == before);
}

TEST_CASE("segments end where the next one begins, also when all of their records are replaced") {
  compaction_fixture fixture;
  for (int i = 0; i < 4; ++i) {
    fixture.must_append(keyed_batch({{"a", std::to_string(i)}}));
    fixture.must_append(keyed_batch({{"b", std::string(400, 'b')}}));
    fixture.must_append(keyed_batch({{"a", "again " + std::to_string(i)}}));
    REQUIRE(fixture.log->roll(fixture.now));
  }
  auto limits = fixture.limits();
  limits.segment_bytes = 1;  // nothing is put together
  log_offset clean_point = 0;
  REQUIRE(fixture.compact(clean_point, limits));
  const auto seen = look(*fixture.log);
  CHECK(seen.records.size() == 2);
  std::set<log_offset> ends;
  for (const auto& batch : seen.batches) ends.insert(batch.last_offset());
  CHECK(ends.contains(2));
  CHECK(ends.contains(5));
  CHECK(ends.contains(8));
  const auto before = seen.records;
  fixture.must_open(last_shutdown::machine_crash, 0);  // whatever became of the recovery points
  CHECK(fixture.log->log_end() == 12);
  CHECK(look(*fixture.log).records == before);
  clean_point = 0;  // again: nothing is left to be done
  REQUIRE(fixture.compact(clean_point, limits));
  CHECK(look(*fixture.log).records == before);
}

TEST_CASE("another program's compacted segments may end anywhere") {
  for (const bool is_foreign : {true, false}) {
    compaction_fixture fixture;
    fixture.must_append(keyed_batch({{"a", "1"}}));
    const auto first = fixture.log->size_bytes();
    fixture.must_append(keyed_batch({{"b", "1"}}));
    REQUIRE(fixture.log->roll(fixture.now));
    fixture.must_append(keyed_batch({{"b", "2"}}));
    REQUIRE(fixture.log->flush());
    fixture.log.reset();
    const auto path = fixture.file(log_file_kind::log);
    fixture.disk.put(path, fixture.disk.contents(path).substr(0, static_cast<size_t>(first)));
    fixture.is_foreign = is_foreign;
    fixture.must_open(last_shutdown::machine_crash, 0);
    CHECK(fixture.log->log_end() == (is_foreign ? 3 : 1));
  }
}

TEST_CASE("a crash at any step of a compaction loses nothing") {
  for (const bool power : {false, true}) {
    int64_t step = 0;
    for (bool finished = false; !finished; ++step) {
      INFO((power ? "power cut" : "kill") << " before change " << step);
      compaction_fixture fixture(static_cast<uint64_t>(step) + 1);
      for (int i = 0; i < 60; ++i) {
        fixture.must_append(keyed_batch({{"k" + std::to_string(i % 7), std::to_string(i)}}));
      }
      REQUIRE(fixture.log->flush());
      const auto before = look(*fixture.log).records;
      const log_offset end = fixture.log->log_end();
      fixture.disk.halt_after(step);
      log_offset clean_point = 0;
      finished = fixture.compact(clean_point, fixture.limits()) && !fixture.disk.halted();
      power ? fixture.disk.cut_power() : fixture.disk.kill_process();
      // The checkpoint of recovery points may be older than what was compacted since.
      fixture.must_open(power ? last_shutdown::machine_crash : last_shutdown::process_crash,
                        step % 2 == 0 ? end : 0);
      REQUIRE(fixture.log->log_end() == end);
      REQUIRE(fixture.log->recovered().quarantined.empty());
      std::map<std::string, std::string> latest;
      for (const auto& [offset, record] : before) latest[record.key] = *record.value;
      std::map<std::string, std::string> found;
      for (const auto& [offset, record] : look(*fixture.log).records) {
        REQUIRE(before.at(offset) == record);
        found[record.key] = *record.value;
      }
      REQUIRE(found == latest);
    }
    REQUIRE(step > 10);
  }
}

}  // namespace
}  // namespace ottla
