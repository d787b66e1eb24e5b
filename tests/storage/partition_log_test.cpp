#include "storage/partition_log.hpp"

#include <cerrno>

#include "storage/checkpoints.hpp"
#include "tests/storage/log_fixture.hpp"

namespace ottla {
namespace {

TEST_CASE("an append stamps offsets and epoch and answers with the log's ends") {
  log_fixture fixture;
  fixture.must_open();
  const auto first = fixture.must_append({"a", "b"}, 3);
  CHECK(first.base_offset == 0);
  CHECK(first.last_offset == 1);
  CHECK(first.log_end_offset == 2);
  CHECK(first.log_append_time_ms == no_timestamp);
  CHECK(fixture.must_append({"c"}, 3).base_offset == 2);
  CHECK(read_all(*fixture.log, 0) == log_contents{{0, "a"}, {1, "b"}, {2, "c"}});
  CHECK(fixture.log->latest_epoch() == 3);
  CHECK(fixture.log->epoch_of(1) == 3);
  CHECK(code_of(fixture.append(batch_of({"late"}), 2)) == error_code::fenced_leader_epoch);
  CHECK(fixture.log->log_end() == 3);
}

TEST_CASE("retries of the last five batches are answered with their first offset") {
  log_fixture fixture;
  fixture.must_open();
  for (int i = 0; i < 7; ++i) fixture.must_append(produced_by(1, 0, i * 2, {"x", "y"}));
  for (int i = 2; i < 7; ++i) {
    const auto retry = fixture.must_append(produced_by(1, 0, i * 2, {"x", "y"}));
    CHECK(retry.duplicate);
    CHECK(retry.base_offset == i * 2);
    CHECK(retry.last_offset == i * 2 + 1);
  }
  CHECK(code_of(fixture.append(produced_by(1, 0, 2, {"x", "y"}))) ==
        error_code::duplicate_sequence_number);
  CHECK(code_of(fixture.append(produced_by(1, 0, 15, {"x"}))) ==
        error_code::out_of_order_sequence_number);
  CHECK(code_of(fixture.append(produced_by(1, 1, 14, {"x"}))) ==
        error_code::out_of_order_sequence_number);
  fixture.must_append(produced_by(1, 1, 0, {"x"}));
  CHECK(code_of(fixture.append(produced_by(1, 0, 14, {"x"}))) ==
        error_code::invalid_producer_epoch);
  fixture.must_append(produced_by(2, 5, 700, {"any first sequence"}));
  CHECK(fixture.log->log_end() == 16);
  CHECK(fixture.log->stats().duplicates == 5);
}

TEST_CASE("sequences wrap from 2^31-1 to 0, and retries across the wrap are known") {
  log_fixture fixture;
  fixture.must_open();
  fixture.must_append(produced_by(1, 0, 2147483645, {"a", "b", "c"}));
  fixture.must_append(produced_by(1, 0, 0, {"d"}));
  fixture.must_append(produced_by(1, 0, 1, {"e"}));
  CHECK(fixture.must_append(produced_by(1, 0, 2147483645, {"a", "b", "c"})).duplicate);
  CHECK(fixture.must_append(produced_by(1, 0, 0, {"d"})).duplicate);
}

TEST_CASE("all five batches are still known after a clean restart") {
  log_fixture fixture;
  fixture.must_open();
  for (int i = 0; i < 6; ++i) fixture.must_append(produced_by(1, 0, i, {"x"}));
  REQUIRE(fixture.log->close_cleanly());
  fixture.must_open(last_shutdown::clean, 6);
  for (int i = 1; i < 6; ++i) CHECK(fixture.must_append(produced_by(1, 0, i, {"x"})).duplicate);
}

TEST_CASE("producers expire by their own age, not with their segments") {
  log_fixture fixture;
  fixture.options.producer_id_expiration_ms = 1000;
  fixture.options.segment_bytes = 100;
  fixture.must_open();
  fixture.must_append(produced_by(1, 0, 0, {"x"}));
  fixture.must_append(produced_by(2, 0, 0, {"x"}, test_now + 500));
  REQUIRE(fixture.log->roll(fixture.now));
  REQUIRE(fixture.log->delete_segments(fixture.log->segment_count() - 1, fixture.now));
  CHECK(fixture.log->producers().size() == 2);
  CHECK(fixture.log->expire_producers(test_now + 1000) == 1);
  CHECK(fixture.log->producers().contains(2));
}

TEST_CASE("segments roll by size, age and a full index") {
  log_fixture fixture;
  fixture.options.index_interval_bytes = 0;
  SECTION("size") {
    fixture.options.segment_bytes = 500;
  }
  SECTION("index") {
    fixture.options.segment_index_bytes = 5 * 12;
  }
  SECTION("age") {
    fixture.options.segment_ms = 2500;
  }
  fixture.must_open();
  for (int i = 0; i < 12; ++i) {
    fixture.must_append({std::string(50, 'x')});
    fixture.now += 1000;
  }
  CHECK(fixture.log->segment_count() >= 3);
  CHECK(fixture.log->segment_count() <= 6);
  CHECK(read_all(*fixture.log, 0).size() == 12);
}

TEST_CASE("a read below the log start or beyond its end is out of range, at the end it is empty") {
  log_fixture fixture;
  fixture.must_open();
  fixture.must_append({"a", "b", "c"});
  REQUIRE(fixture.log->advance_log_start(1));
  CHECK(fixture.log->read(0, {100}).error().code == error_code::offset_out_of_range);
  CHECK(fixture.log->read(4, {100}).error().code == error_code::offset_out_of_range);
  auto end = fixture.log->read(3, {100});
  REQUIRE(end);
  CHECK(end->range.length == 0);
  CHECK(end->stopped_by_bound);
  auto middle = fixture.log->read(1, {100});
  REQUIRE(middle);
  CHECK(middle->first_offset == 0);  // the whole batch
  auto too_small = fixture.log->read(1, {10});
  REQUIRE(too_small);
  CHECK(too_small->range.length == 0);
  CHECK_FALSE(too_small->stopped_by_bound);
  CHECK(fixture.log->advance_log_start(4).error().code == error_code::offset_out_of_range);
}

TEST_CASE("retention lets the oldest segments go by time, by size and below the log start") {
  log_fixture fixture;
  fixture.options.segment_bytes = 300;
  fixture.options.retention_ms = -1;
  fixture.must_open();
  for (int i = 0; i < 6; ++i) {
    fixture.must_append({std::string(100, 'x')});
    fixture.now += 1000;
  }
  REQUIRE(fixture.log->segment_count() == 6);
  const auto count = [&](log_offset below = 6) {
    fixture.log->set_options(fixture.options);
    auto decided = fixture.log->segments_to_delete(fixture.now, below);
    REQUIRE(decided);
    return *decided;
  };
  CHECK(count() == 0);
  SECTION("time") {
    fixture.options.retention_ms = 3500;
    CHECK(count() == 3);
    CHECK(count(2) == 2);  // never above the high watermark
    fixture.options.cleanup_delete = false;
    CHECK(count() == 0);
  }
  SECTION("size") {
    fixture.options.retention_bytes = fixture.log->size_bytes() / 2;
    CHECK(count() == 3);
  }
  SECTION("log start, whatever the policy") {
    fixture.options.cleanup_delete = false;
    REQUIRE(fixture.log->advance_log_start(4));
    CHECK(count() == 4);
  }
  SECTION("everything: an empty segment takes the place") {
    fixture.options.retention_ms = 0;
    fixture.now += 1;
    REQUIRE(count() == 6);
    auto removal = fixture.log->delete_segments(6, fixture.now);
    REQUIRE(removal);
    CHECK(fixture.log->log_start() == 6);
    CHECK(fixture.log->segment_count() == 1);
    for (const auto& path : removal->paths) CHECK(path.ends_with(".deleted"));
    REQUIRE(removal->run(fixture.disk));
    REQUIRE(removal->run(fixture.disk));  // twice does no harm
    for (const auto& path : fixture.disk.paths()) CHECK_FALSE(path.ends_with(".deleted"));
    CHECK(fixture.must_append({"next"}).base_offset == 6);
  }
}

TEST_CASE("a reader keeps its bytes while the segment is deleted") {
  log_fixture fixture;
  fixture.options.segment_bytes = 100;
  fixture.must_open();
  fixture.must_append({"first"});
  fixture.must_append({"second"});
  auto slice = fixture.log->read(0, {1000, INT64_MAX, true});
  REQUIRE(slice);
  const auto before = flatten({slice->range});
  auto removal = fixture.log->delete_segments(1, fixture.now);
  REQUIRE(removal);
  REQUIRE(removal->run(fixture.disk));
  const auto after = flatten({slice->range});
  REQUIRE(after);
  CHECK(as_text(after->view()) == as_text(before->view()));
}

TEST_CASE("a full disk rejects an append at any byte, and the next one succeeds by itself") {
  for (int64_t room = 0; room < 150; ++room) {
    INFO(room << " bytes free");
    log_fixture fixture;
    fixture.must_open();
    fixture.must_append({"kept"});
    fixture.disk.limit_space(fixture.disk.used_bytes() + room);
    auto answer = fixture.append(batch_of({std::string(120, 'x')}), 1);
    REQUIRE(code_of(answer) == error_code::kafka_storage_error);
    REQUIRE_FALSE(fixture.log->broken());
    REQUIRE(read_all(*fixture.log, 0) == log_contents{{0, "kept"}});
    fixture.disk.limit_space(std::nullopt);
    REQUIRE(fixture.must_append({"after"}, 1).base_offset == 1);
    fixture.disk.kill_process();
    fixture.must_open(last_shutdown::process_crash);
    REQUIRE(read_all(*fixture.log, 0) == log_contents{{0, "kept"}, {1, "after"}});
    REQUIRE(fixture.log->latest_epoch() == 1);
  }
}

TEST_CASE("a new producer's batch that a full disk refused is not overtaken by its next ones") {
  log_fixture fixture;
  fixture.must_open();
  fixture.disk.limit_space(fixture.disk.used_bytes());
  CHECK(code_of(fixture.append(produced_by(7, 0, 0, {"first"}))) ==
        error_code::kafka_storage_error);
  fixture.disk.limit_space(std::nullopt);
  CHECK(code_of(fixture.append(produced_by(7, 0, 1, {"second"}))) ==
        error_code::out_of_order_sequence_number);
  fixture.must_append(produced_by(7, 0, 0, {"first"}));
  fixture.must_append(produced_by(7, 0, 1, {"second"}));
  CHECK(read_all(*fixture.log, 0) == log_contents{{0, "first"}, {1, "second"}});
}

TEST_CASE("a new producer's batch that was refused before the log saw it is not overtaken either") {
  log_fixture fixture;
  fixture.must_open();
  fixture.log->note_refused(produced_by(7, 0, 0, {"first"}).view());
  fixture.log->note_refused(produced_by(7, 0, 1, {"second"}).view());
  fixture.log->note_refused(as_byte_span("no batch"));
  CHECK(code_of(fixture.append(produced_by(7, 0, 1, {"second"}))) ==
        error_code::out_of_order_sequence_number);
  fixture.must_append(produced_by(7, 0, 0, {"first"}));
  fixture.must_append(produced_by(7, 0, 1, {"second"}));
  // A later epoch of the producer begins anew.
  fixture.log->note_refused(produced_by(9, 0, 0, {"first"}).view());
  fixture.log->note_refused(produced_by(9, 1, 0, {"again"}).view());
  fixture.must_append(produced_by(9, 1, 0, {"again"}));
}

TEST_CASE("what a log has refused is due again in its next life, too") {
  log_fixture fixture;
  fixture.must_open();
  const append_terms full{.now_ms = fixture.now, .has_room = false};
  fixture.log->append(produced_by(7, 0, 0, {"first"}), full);
  fixture.log->append(produced_by(8, 0, 0, {"first"}), full);
  auto refused = fixture.log->producers().refused();
  CHECK(refused.size() == 2);
  fixture.must_append(produced_by(8, 0, 0, {"first"}));  // no longer due
  fixture.disk.kill_process();
  fixture.must_open(last_shutdown::process_crash);
  fixture.log->set_refused(std::move(refused));
  CHECK(fixture.log->producers().refused().size() == 1);
  CHECK(code_of(fixture.append(produced_by(7, 0, 1, {"second"}))) ==
        error_code::out_of_order_sequence_number);
  fixture.must_append(produced_by(7, 0, 0, {"first"}));
  fixture.must_append(produced_by(8, 0, 1, {"second"}));
}

TEST_CASE("of very many producers that a full disk refused, few are forgotten") {
  log_fixture fixture;
  fixture.must_open();
  constexpr int producers = 1'010;
  const append_terms full{.now_ms = fixture.now, .has_room = false};
  for (int id = 0; id < producers; ++id) {
    fixture.log->append(produced_by(id, 0, 0, {"first"}), full);
  }
  int overtaken = 0;
  for (int id = 0; id < producers; ++id) {
    auto answer = fixture.append(produced_by(id, 0, 1, {"second"}));
    overtaken += std::holds_alternative<appended>(answer) ? 1 : 0;
  }
  CHECK(overtaken <= 10);
}

TEST_CASE(
    "where the reserve is left alone nothing is written, retries are answered, order is kept") {
  log_fixture fixture;
  fixture.must_open();
  fixture.must_append(produced_by(7, 0, 0, {"there"}));
  const auto writes = fixture.disk.changes();
  append_terms terms{.now_ms = fixture.now, .has_room = false};
  auto retried = fixture.log->append(produced_by(7, 0, 0, {"there"}), terms);
  REQUIRE(std::get_if<appended>(&retried) != nullptr);
  CHECK(std::get<appended>(retried).duplicate);
  CHECK(code_of(fixture.log->append(produced_by(8, 0, 0, {"first"}), terms)) ==
        error_code::kafka_storage_error);
  CHECK_FALSE(fixture.log->broken());
  CHECK(fixture.disk.changes() == writes);
  CHECK(code_of(fixture.append(produced_by(8, 0, 1, {"second"}))) ==
        error_code::out_of_order_sequence_number);
  fixture.must_append(produced_by(8, 0, 0, {"first"}));
}

TEST_CASE("how old sealed segments are is known without reading them") {
  log_fixture fixture;
  fixture.options.segment_bytes = 500;
  fixture.options.retention_ms = 1'000;
  fixture.must_open();
  for (int i = 0; i < 12; ++i) fixture.must_append({std::string(100, 'x')});
  REQUIRE(fixture.log->segment_count() > 3);
  SECTION("as they were sealed") {
    REQUIRE(fixture.log->close_cleanly());
    fixture.must_open(last_shutdown::clean, 12);
  }
  SECTION("as recovery made their indexes anew") {
    REQUIRE(fixture.log->close_cleanly());
    fixture.disk.cut_power();
    fixture.must_open(last_shutdown::machine_crash, 0);
    REQUIRE(fixture.log->close_cleanly());
    fixture.must_open(last_shutdown::clean, 12);
  }
  const auto sealed = fixture.log->segment_count() - 1;
  fixture.disk.fail(disk_operation::read, EIO);
  for (size_t i = 0; i < sealed; ++i) {
    auto newest = fixture.log->segments()[i]->max_timestamp();
    REQUIRE(newest);
    CHECK(newest->timestamp == test_now);
  }
}

TEST_CASE("retention makes room on a full disk") {
  log_fixture fixture;
  fixture.options.segment_bytes = 500;
  fixture.options.retention_ms = 1'000;
  fixture.must_open();
  for (int i = 0; i < 12; ++i) fixture.must_append({std::string(100, 'x')}, i / 6);
  REQUIRE(fixture.log->flush());
  const auto used = fixture.disk.used_bytes();
  fixture.disk.limit_space(used);
  fixture.now += 10'000;
  auto count = fixture.log->segments_to_delete(fixture.now, fixture.log->log_end());
  REQUIRE(count);
  REQUIRE(*count == fixture.log->segment_count());  // all of them, but there is no room for another
  auto removal = fixture.log->delete_segments(*count, fixture.now);
  REQUIRE(removal);
  REQUIRE(removal->run(fixture.disk));
  CHECK_FALSE(fixture.log->broken());
  CHECK(fixture.disk.used_bytes() < used / 2);
  CHECK(fixture.must_append({"next"}, 1).base_offset == 12);
}

TEST_CASE("a process without free descriptors refuses appends until it has some again") {
  log_fixture fixture;
  fixture.must_open();
  fixture.must_append({"kept"});
  REQUIRE(fixture.log->rest());  // closes the files
  fixture.disk.fail(disk_operation::open, EMFILE);
  CHECK(code_of(fixture.append(batch_of({"refused"}))) == error_code::kafka_storage_error);
  CHECK_FALSE(fixture.log->broken());
  CHECK(fixture.must_append({"after"}).base_offset == 1);
}

TEST_CASE("a log whose file was taken away under it is broken") {
  log_fixture fixture;
  fixture.must_open();
  fixture.must_append({"gone"});
  REQUIRE(fixture.log->rest());
  REQUIRE(fixture.disk.remove_file(fixture.file(log_file_kind::log)));
  CHECK(code_of(fixture.append(batch_of({"refused"}))) == error_code::kafka_storage_error);
  CHECK(fixture.log->broken());
}

TEST_CASE("a power cut at any step of a truncation leaves a prefix of the old log") {
  // The caller saves the lower recovery point first, as truncate_to() demands.
  for (int64_t step = 0;; ++step) {
    INFO("halted at change " << step);
    log_fixture fixture(static_cast<uint64_t>(step) + 1);
    fixture.options.segment_bytes = 400;
    fixture.must_open();
    for (int i = 0; i < 12; ++i) fixture.must_append({"v" + std::to_string(i), "w"}, i / 4);
    REQUIRE(fixture.log->flush());
    const auto before = read_all(*fixture.log, 0);
    fixture.disk.halt_after(step);
    auto cut = fixture.log->truncate_to(10, fixture.now);
    const bool was_halted = fixture.disk.halted();
    if (!was_halted) REQUIRE(cut);
    fixture.disk.no_halt();
    fixture.disk.cut_power();
    fixture.must_open(last_shutdown::machine_crash, 10);
    const auto after = read_all(*fixture.log, 0);
    REQUIRE(after.size() >= 10);
    REQUIRE(after == log_contents(before.begin(), std::next(before.begin(), after.size())));
    REQUIRE(fixture.log->log_end() == static_cast<log_offset>(after.size()));
    REQUIRE(fixture.log->recovered().quarantined.empty());
    if (!was_halted) REQUIRE(after.size() == 10);
    // What is appended now is not followed by what was cut.
    const auto next = fixture.must_append({"new"}, 5).base_offset;
    REQUIRE(fixture.log->flush());
    fixture.disk.cut_power();
    fixture.must_open(last_shutdown::machine_crash, 10);
    REQUIRE(read_all(*fixture.log, next) == log_contents{{next, "new"}});
    if (!was_halted) return;
  }
}

TEST_CASE("a roll on a full disk is refused and tried again") {
  log_fixture fixture;
  fixture.options.segment_bytes = 500;
  fixture.options.index_interval_bytes = 10;
  fixture.must_open();
  for (int i = 0; i < 3; ++i) fixture.must_append({std::string(20, 'x')});
  fixture.disk.limit_space(fixture.disk.used_bytes());
  CHECK(code_of(fixture.append(batch_of({std::string(200, 'y')}))) ==
        error_code::kafka_storage_error);
  CHECK_FALSE(fixture.log->broken());
  fixture.disk.limit_space(std::nullopt);
  CHECK(fixture.must_append({std::string(200, 'y')}).base_offset == 3);
  CHECK(fixture.log->segment_count() == 2);
  CHECK(read_all(*fixture.log, 0).size() == 4);
}

TEST_CASE("a write error breaks the log for appends, not for reads") {
  log_fixture fixture;
  fixture.must_open();
  fixture.must_append({"kept"});
  fixture.disk.fail(disk_operation::write, EIO);
  CHECK(code_of(fixture.append(batch_of({"lost"}))) == error_code::kafka_storage_error);
  REQUIRE(fixture.log->broken());
  CHECK(code_of(fixture.append(batch_of({"refused"}))) == error_code::kafka_storage_error);
  CHECK(read_all(*fixture.log, 0) == log_contents{{0, "kept"}});
}

TEST_CASE("a failed sync is final, and what it lost is not believed after the crash") {
  log_fixture fixture;
  fixture.must_open();
  fixture.must_append({"synced"});
  REQUIRE(fixture.log->flush());
  fixture.must_append({"never on disk"});
  fixture.disk.fail(disk_operation::sync, EIO);
  CHECK_FALSE(fixture.log->flush());
  REQUIRE(fixture.log->broken());
  CHECK(fixture.log->recovery_point() == 1);
  CHECK_FALSE(fixture.log->flush());  // not tried again
  CHECK(read_all(*fixture.log, 0).size() == 2);
  // The directory was distrusted: the next start looks at the disk, not at the page cache.
  fixture.disk.kill_process();
  fixture.must_open(last_shutdown::machine_crash, 1);
  CHECK(read_all(*fixture.log, 0) == log_contents{{0, "synced"}});
}

TEST_CASE("a read-only disk refuses appends and serves reads") {
  log_fixture fixture;
  fixture.must_open();
  fixture.must_append({"kept"});
  fixture.disk.set_read_only(true);
  CHECK(code_of(fixture.append(batch_of({"refused"}))) == error_code::kafka_storage_error);
  CHECK(fixture.log->broken()->os_errno == EROFS);
  CHECK(read_all(*fixture.log, 0) == log_contents{{0, "kept"}});
}

TEST_CASE("a flush job covers what was there when it was made, and cuts in between") {
  log_fixture fixture;
  fixture.options.flush_messages = 2;
  fixture.options.flush_ms = 500;
  fixture.must_open();
  CHECK_FALSE(fixture.log->flush_deadline());
  fixture.must_append({"a"});
  CHECK_FALSE(fixture.log->flush_due());
  CHECK(fixture.log->flush_deadline() == test_now + 500);
  fixture.must_append({"b"});
  CHECK(fixture.log->flush_due());
  auto job = fixture.log->flush_target();
  REQUIRE(job);
  fixture.must_append({"c"});
  REQUIRE(job->run(fixture.disk));
  fixture.log->flushed_to(job->up_to);
  CHECK(fixture.log->recovery_point() == 2);
  CHECK(fixture.log->flush_deadline());
  job = fixture.log->flush_target();
  REQUIRE(job);
  REQUIRE(fixture.log->truncate_to(1, fixture.now));
  fixture.must_append({"new b", "new c"});
  REQUIRE(job->run(fixture.disk));
  fixture.log->flushed_to(job->up_to);
  CHECK(fixture.log->recovery_point() == 1);
  REQUIRE(fixture.log->flush());
  CHECK(fixture.log->recovery_point() == 3);
  CHECK_FALSE(fixture.log->flush_deadline());
  job = fixture.log->flush_target();
  REQUIRE(job);
  CHECK(job->empty());
}

TEST_CASE("a follower keeps offsets and epochs, and refuses what does not follow") {
  log_fixture leader;
  leader.must_open();
  leader.must_append({"a", "b"}, 1);
  leader.must_append({"c"}, 2);
  auto slice = leader.log->read(0, {1000, INT64_MAX, true});
  REQUIRE(slice);
  const auto bytes = flatten({slice->range});
  REQUIRE(bytes);

  log_fixture follower;
  follower.must_open();
  auto answer = follower.log->append_as_follower(*bytes, test_now);
  CHECK(code_of(answer) == error_code::none);
  CHECK(read_all(*follower.log, 0) == read_all(*leader.log, 0));
  CHECK(follower.log->epoch_end_offset(1).end_offset == 2);
  CHECK(follower.log->latest_epoch() == 2);
  CHECK(code_of(follower.log->append_as_follower(*bytes, test_now)) ==
        error_code::offset_out_of_range);
  auto broken = shared_bytes::copy_of(bytes->view());
  broken.writable()[70] ^= std::byte{1};
  log_fixture other;
  other.must_open();
  CHECK(code_of(other.log->append_as_follower(broken, test_now)) == error_code::corrupt_message);
}

TEST_CASE("a log cut back to nothing goes on at any offset") {
  log_fixture fixture;
  fixture.must_open();
  fixture.must_append({"a", "b"}, 4);
  REQUIRE(fixture.log->truncate_fully_and_start_at(100, fixture.now));
  CHECK(fixture.log->log_start() == 100);
  CHECK(fixture.log->log_end() == 100);
  CHECK(fixture.log->latest_epoch() == no_leader_epoch);
  CHECK(fixture.must_append({"c"}, 5).base_offset == 100);
  fixture.disk.kill_process();
  fixture.must_open(last_shutdown::process_crash, 100, 100);
  CHECK(read_all(*fixture.log, 100) == log_contents{{100, "c"}});
}

TEST_CASE("an idle log keeps no file open, and many logs share few handles") {
  memory_file_system disk;
  file_handles handles(disk, 3);
  std::vector<std::unique_ptr<partition_log>> logs;
  for (int i = 0; i < 10; ++i) {
    auto opened = partition_log::open(handles, "data/t-" + std::to_string(i), {}, {});
    REQUIRE(opened);
    logs.push_back(std::move(*opened));
  }
  append_terms terms;
  terms.now_ms = test_now;
  for (int round = 0; round < 3; ++round) {
    for (auto& log : logs) {
      CHECK(code_of(log->append(batch_of({"x"}), terms)) == error_code::none);
      CHECK(handles.open_files() <= 3);
    }
  }
  for (auto& log : logs) {
    REQUIRE(log->rest());
    CHECK(read_all(*log, 0).size() == 3);
    REQUIRE(log->rest());
  }
  CHECK(handles.open_files() == 0);
}

TEST_CASE("timestamps are found by record, also in compressed batches and behind the log start") {
  log_fixture fixture;
  fixture.must_open();
  record_batch_options options;
  options.compression.codec = compression_codec::gzip;
  record_batch_builder builder(options);
  for (int i = 0; i < 4; ++i) builder.append({test_now - 100 + i * 10, {}, bytes_of("x"), {}});
  fixture.must_append(*builder.build());
  fixture.must_append({"last"});
  auto found = fixture.log->offset_for_timestamp(test_now - 85);
  REQUIRE(found);
  CHECK(found->offset == 2);
  CHECK(found->timestamp == test_now - 80);
  CHECK(fixture.log->offset_for_timestamp(test_now + 1)->offset == -1);
  CHECK(fixture.log->offset_for_timestamp(0)->offset == 0);
  CHECK(fixture.log->offset_of_max_timestamp()->offset == 4);
  REQUIRE(fixture.log->advance_log_start(3));
  CHECK(fixture.log->offset_for_timestamp(0)->offset == 3);
}

TEST_CASE("closing a log that nobody has written to costs no sync") {
  log_fixture fixture;
  fixture.must_open();
  REQUIRE(fixture.log->close_cleanly());
  fixture.must_open();
  const auto syncs = fixture.disk.syncs();
  const auto changes = fixture.disk.changes();
  REQUIRE(fixture.log->close_cleanly());
  CHECK(fixture.disk.syncs() == syncs);
  CHECK(fixture.disk.changes() == changes);
  fixture.must_open();
  CHECK(fixture.log->log_end() == 0);
}

}  // namespace
}  // namespace ottla
