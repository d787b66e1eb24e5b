#include "actors/storage/log_actor.hpp"

#include "tests/support/partition_fixture.hpp"

using namespace ottla;

TEST_CASE_METHOD(partition_fixture, "each level of durability syncs when it says") {
  SECTION("fsync: before the answer") {
    open();
    const auto syncs = disk.syncs();
    append({"a"});
    CHECK(disk.syncs() > syncs);
    CHECK(facts().flushed_offset == 1);
  }
  SECTION("replicated: within a second") {
    level = durability::replicated;
    open();
    append({"a"});
    CHECK(facts().flushed_offset == 0);
    pass(1'000);
    CHECK(facts().flushed_offset == 1);
  }
  SECTION("relaxed: never by itself") {
    level = durability::relaxed;
    open();
    append({"a"});
    pass(3'600'000);
    CHECK(facts().flushed_offset == 0);
    CHECK(read(0).size() == 1);
  }
  SECTION("flush.messages at any level") {
    level = durability::relaxed;
    config.flush_messages = 2;
    open();
    append({"a"});
    CHECK(facts().flushed_offset == 0);
    append({"b"});
    CHECK(facts().flushed_offset == 2);
  }
}

TEST_CASE_METHOD(partition_fixture, "a topic that becomes durable has its log synced at once") {
  level = durability::relaxed;
  open();
  append({"a"});
  CHECK(facts().flushed_offset == 0);
  level = durability::fsync;
  epoch = 4;
  reassign();
  CHECK(facts().flushed_offset == 1);
}

TEST_CASE_METHOD(partition_fixture, "old segments go by retention, their files after a while") {
  config.segment_bytes = 1 << 20;
  config.retention_ms = 60'000;
  config.segment_ms = 1'000;
  config.file_delete_delay_ms = 5'000;
  open();
  append({"a"});
  pass(2'000);
  append({"b"});
  CHECK(facts().segments == 2);
  pass(100'000);
  caf::anon_send(partition, maintain_partition{});
  settle();
  CHECK(facts().log_start_offset >= 1);
  CHECK(ask<offset_result>(query_offset{offset_earliest}).offset == facts().log_start_offset);
  auto is_doomed = [&] {
    size_t count = 0;
    for (const auto& path : disk.paths()) count += path.ends_with(".deleted") ? 1 : 0;
    return count > 0;
  };
  CHECK(is_doomed());
  pass(5'000);
  CHECK_FALSE(is_doomed());
}

TEST_CASE_METHOD(partition_fixture, "the supervisor hears once between two checkpoints") {
  open();
  append({"a"});
  append({"b"});
  CHECK(news.progressed == 1);
  ask<partition_description>(query_partition{.for_checkpoint = true});
  append({"c"});
  CHECK(news.progressed == 2);
}

TEST_CASE_METHOD(partition_fixture, "batches of transactions that nobody began are refused") {
  open();
  record_batch_options options;
  options.producer_id = 5;
  options.producer_epoch = 0;
  options.base_sequence = 0;
  options.transactional = true;
  auto answer = ask<append_result>(append_batch{batch_of({"a"}, time.wall_ms(), options)});
  CHECK(answer.error == error_code::invalid_txn_state);
  CHECK(facts().log_end_offset == 0);
}

TEST_CASE_METHOD(partition_fixture, "producers and their sequences outlive a crash") {
  open();
  auto send = [&](int32_t sequence) {
    return ask<append_result>(append_batch{produced_by(9, 0, sequence, {"x"}, time.wall_ms())});
  };
  CHECK(send(0).base_offset == 0);
  CHECK(send(1).base_offset == 1);
  kill();
  open(last_shutdown::process_crash);
  CHECK(send(1).base_offset == 1);  // said twice, written once
  CHECK(send(3).error == error_code::out_of_order_sequence_number);
  CHECK(send(2).base_offset == 2);
  const auto known = ask<producers_result>(query_producers{});
  REQUIRE(known.producers.size() == 1);
  CHECK(known.producers[0].last_sequence == 2);
}

TEST_CASE_METHOD(partition_fixture, "a log dies with its partition and the other way round") {
  open();
  caf::anon_send_exit(storage, caf::exit_reason::unhandled_exception);
  settle();
  CHECK(begin_append({"a"})->failed);
}

TEST_CASE_METHOD(partition_fixture, "whoever asked is answered when the log ends before it has") {
  open();
  append({"a"});
  const auto is_answered = [&](auto question, auto none) {
    auto asked = ask_later<decltype(none)>(system(), partition, std::move(question));
    caf::anon_send_exit(storage, caf::exit_reason::kill);
    settle();
    return asked->value || asked->failed;
  };
  // The partition has the question, and the end of its log behind it, before it asks the log.
  SECTION("to close") {
    CHECK(is_answered(close_partition{}, partition_closed{}));
  }
  SECTION("to rest") {
    CHECK(is_answered(rest_partition{}, partition_closed{}));
  }
  SECTION("to append") {
    append_batch wanted{batch_of({"b"}, time.wall_ms()), acks_all, 1'000};
    CHECK(is_answered(std::move(wanted), append_result{}));
  }
  SECTION("to read") {
    CHECK(is_answered(read_partition{0, 100}, read_result{}));
  }
  SECTION("for its state") {
    CHECK(is_answered(query_partition{}, partition_description{}));
  }
  SECTION("for an offset") {
    CHECK(is_answered(query_offset{.timestamp = 1}, offset_result{}));
  }
  SECTION("for its producers") {
    CHECK(is_answered(query_producers{}, producers_result{}));
  }
}

TEST_CASE_METHOD(partition_fixture, "closing waits for the flush under way and hears how it ends") {
  holds = true;
  open();
  auto acknowledged = begin_append({"a"});
  REQUIRE(held.flushes.size() == 1);
  auto closed = begin<partition_closed>(close_partition{});
  CHECK_FALSE(closed->value);
  CHECK(held.closings.empty());
  SECTION("well") {
    release(held.flushes);
    CHECK_FALSE(closed->value);  // nor is the rest done on the thread of the unit
    REQUIRE(held.closings.size() == 1);
    release(held.closings);
    REQUIRE(closed->value);
    CHECK(closed->value->is_clean);
    CHECK(closed->value->facts.log_end_offset == 1);
  }
  SECTION("badly: the error is told once, and a sync after it would succeed") {
    release(held.flushes, fault{error_code::kafka_storage_error, "input/output error", EIO});
    REQUIRE(closed->value);
    CHECK_FALSE(closed->value->is_clean);
    CHECK(news.failed.size() == 1);
  }
}

TEST_CASE_METHOD(partition_fixture, "a log that cannot be brought to rest is not clean") {
  open();
  append({"a"});
  disk.fail(disk_operation::sync, EIO);
  CHECK_FALSE(close().is_clean);
}

TEST_CASE_METHOD(partition_fixture, "settings of Long.MAX mean never") {
  const auto never = INT64_MAX;
  level = durability::relaxed;
  config.retention_ms = never;
  config.segment_ms = never;
  config.flush_ms = never;
  config.flush_messages = never;
  config.file_delete_delay_ms = never;
  config.delete_retention_ms = never;
  config.min_compaction_lag_ms = never;
  open();
  append({"a"});
  append({"b"});
  caf::anon_send(partition, maintain_partition{});
  pass(10LL * 24 * 3600 * 1000);
  CHECK(facts().flushed_offset == 0);
  CHECK(facts().segments == 1);
  CHECK(read(0) == std::vector<std::string>{"a", "b"});
  CHECK(close().is_clean);
}

TEST_CASE_METHOD(partition_fixture, "what a compressed batch inflates to is charged") {
  config.cleanup_compact = true;  // every record is looked at
  open();
  const auto send = [&](size_t value_bytes) {
    record_batch_options options;
    options.compression.codec = compression_codec::gzip;
    return ask<append_result>(
        append_batch{batch_of({std::string(value_bytes, 'a')}, time.wall_ms(), options)});
  };
  constexpr size_t mib = 1 << 20;
  CHECK(send(3 * mib).error == error_code::none);  // twice as much: it has a key as well
  // As much is in use as leaves room for usual batches only.
  auto others = memory.charge(memory_pool::clients, memory.options().total_bytes);
  CHECK(send(3 * mib).error == error_code::request_timed_out);
  CHECK(send(mib / 2).error == error_code::none);
  others.release();
  CHECK(send(3 * mib).error == error_code::none);
  CHECK(memory.count(memory_pool::clients).used_bytes == 0);
}
