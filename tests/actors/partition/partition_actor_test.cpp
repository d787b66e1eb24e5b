#include "actors/partition/partition_actor.hpp"

#include "tests/support/partition_fixture.hpp"

using namespace ottla;

namespace {

/// What a session would hear of its watches.
class watching_session final : public pinned<caf::event_based_actor> {
public:
  watching_session(caf::actor_config& config, unit& where, std::vector<partition_changed>& heard)
      : pinned(config, where), heard_(heard) {}
  caf::behavior make_behavior() override {
    return {[this](const partition_changed& news) { heard_.push_back(news); }};
  }

private:
  std::vector<partition_changed>& heard_;
};

struct watched_fixture : partition_fixture {
  watched_fixture() {
    session = spawn_on<watching_session>(system(), home(), std::ref(heard));
    open();
  }
  ~watched_fixture() override {
    caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
    session = nullptr;
  }
  read_result watch(log_offset from, uint64_t id, int64_t below_bytes) {
    read_partition wanted{.fetch_offset = from, .max_bytes = 1 << 20};
    wanted.watch = partition_watch{caf::actor_cast<caf::weak_actor_ptr>(session), id, below_bytes};
    return ask<read_result>(wanted);
  }

  std::vector<partition_changed> heard;
  caf::actor session;
};

}  // namespace

TEST_CASE_METHOD(partition_fixture, "a batch is acknowledged with its offsets and can be read") {
  open();
  const auto first = append({"a", "b"});
  CHECK(first.error == error_code::none);
  CHECK(first.base_offset == 0);
  CHECK(append({"c"}).base_offset == 2);
  CHECK(read(0) == std::vector<std::string>{"a", "b", "c"});
  CHECK(read(1) == std::vector<std::string>{"b", "c"});
  CHECK(read(2) == std::vector<std::string>{"c"});
  CHECK(facts().high_watermark == 3);
}

TEST_CASE_METHOD(partition_fixture, "what is acknowledged at level fsync outlives the power") {
  open();
  append({"a"});
  append({"b"}, acks_leader);
  cut_power();
  open(last_shutdown::machine_crash);
  CHECK(read(0) == std::vector<std::string>{"a", "b"});
}

TEST_CASE_METHOD(partition_fixture, "only a leader takes batches, and only those of its epoch") {
  open();
  auto with_epoch = [&](leader_epoch of_client) {
    append_batch wanted{batch_of({"x"}), acks_all, 1'000};
    wanted.current_epoch = of_client;
    return ask<append_result>(wanted).error;
  };
  CHECK(with_epoch(2) == error_code::fenced_leader_epoch);
  CHECK(with_epoch(4) == error_code::unknown_leader_epoch);
  CHECK(with_epoch(3) == error_code::none);
  leads = false;
  epoch = 4;
  reassign();
  CHECK(with_epoch(4) == error_code::not_leader_or_follower);
  CHECK(ask<read_result>(read_partition{0, 100}).error == error_code::not_leader_or_follower);
  leads = true;
  epoch = 3;  // older than what it knows
  reassign();
  CHECK(with_epoch(4) == error_code::not_leader_or_follower);
}

TEST_CASE_METHOD(partition_fixture, "a leader with too few in-sync replicas refuses acks=all") {
  config.min_insync_replicas = 2;
  replicas = {1, 2};
  open();
  CHECK(append({"a"}).error == error_code::not_enough_replicas);
  CHECK(append({"a"}, acks_leader).error == error_code::none);
}

TEST_CASE_METHOD(partition_fixture, "a failed sync answers those who wait, and nothing after it") {
  open();
  append({"a"});
  disk.fail(disk_operation::sync, EIO);
  CHECK(append({"b"}).error == error_code::kafka_storage_error);
  CHECK(append({"c"}).error == error_code::kafka_storage_error);
  CHECK(ask<read_result>(read_partition{0, 100}).error == error_code::kafka_storage_error);
  REQUIRE(news.failed.size() == 1);
  CHECK(news.failed.front().path == directory);
  CHECK_FALSE(close().is_clean);
}

TEST_CASE_METHOD(partition_fixture, "a full disk refuses, and takes batches again by itself") {
  open();
  append({"a"});
  disk.limit_space(disk.used_bytes());
  CHECK(append({"b"}).error != error_code::none);
  CHECK(read(0) == std::vector<std::string>{"a"});
  disk.limit_space(std::nullopt);
  CHECK(append({"c"}).base_offset == 1);
  CHECK(news.failed.empty());
}

TEST_CASE_METHOD(partition_fixture, "what was appended before the end is acknowledged") {
  open();
  auto appended = ask_later<append_result>(
      system(), partition, append_batch{batch_of({"a"}, time.wall_ms()), acks_all, 1'000});
  CHECK(close().is_clean);
  REQUIRE(appended->value);
  CHECK(appended->value->error == error_code::none);
}

TEST_CASE_METHOD(partition_fixture, "a log that a full disk keeps from rest does not end cleanly") {
  open();
  append({"a"});
  disk.limit_space(disk.used_bytes());
  CHECK_FALSE(close().is_clean);
}

TEST_CASE_METHOD(watched_fixture, "a reader at the end is told when enough has come") {
  CHECK(watch(0, 7, 100).error == error_code::none);
  CHECK(heard.empty());
  append({"a"});
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].watch_id == 7);
  CHECK(heard[0].bytes_available > 0);
  CHECK(heard[0].error == error_code::none);
}

TEST_CASE_METHOD(watched_fixture, "a reader that came between append and flush is woken by it") {
  close();
  holds = true;
  open();
  auto acknowledged = begin_append({"a"});
  CHECK(watch(0, 7, 1).high_watermark == 0);
  CHECK(heard.empty());
  release(held.flushes);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].bytes_available > 0);
  CHECK(acknowledged->value);
}

TEST_CASE_METHOD(partition_fixture, "after a crash only what is on disk is shown") {
  level = durability::relaxed;
  open();
  for (int i = 0; i < 4; ++i) append({std::to_string(i)});
  kill();
  level = durability::fsync;
  recovery_point = 3;
  holds = true;
  open(last_shutdown::process_crash);
  CHECK(facts().high_watermark == 3);
  CHECK(ask<offset_result>(query_offset{offset_latest}).offset == 3);
  release(held.flushes);
  CHECK(facts().high_watermark == 4);
}

TEST_CASE_METHOD(watched_fixture, "a watch that has ended hears nothing") {
  watch(0, 7, 100);
  caf::anon_send(partition, unwatch_partition{caf::actor_cast<caf::weak_actor_ptr>(session), 7});
  append({"a"});
  CHECK(heard.empty());
}

TEST_CASE_METHOD(watched_fixture, "readers who wait hear of a lost leadership and of the end") {
  watch(0, 7, 100);
  SECTION("another leader") {
    leads = false;
    epoch = 4;
    reassign();
  }
  SECTION("closed") {
    close();
  }
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].error == error_code::not_leader_or_follower);
}

TEST_CASE_METHOD(watched_fixture, "a session that is gone does no harm to those who stay") {
  watch(0, 7, 100);
  caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
  session = nullptr;
  settle();
  CHECK(append({"a"}).error == error_code::none);
  CHECK(heard.empty());
}

TEST_CASE_METHOD(partition_fixture, "records are deleted up to an offset that consumers may see") {
  open();
  for (int i = 0; i < 5; ++i) append({std::to_string(i)});
  auto deleted = [&](log_offset before) {
    return ask<delete_records_result>(delete_records_before{before});
  };
  CHECK(deleted(6).error == error_code::offset_out_of_range);
  CHECK(deleted(3).low_watermark == 3);
  CHECK(ask<offset_result>(query_offset{offset_earliest}).offset == 3);
  CHECK(ask<read_result>(read_partition{1, 100}).error == error_code::offset_out_of_range);
  CHECK(deleted(-1).low_watermark == 5);
}

TEST_CASE_METHOD(partition_fixture, "offsets are found by their time, and by -1 and -2") {
  open();
  append({"a"});
  pass(10'000);
  append({"b"});
  const auto second_ms = time.wall_ms();
  auto at = [&](timestamp_ms wanted) { return ask<offset_result>(query_offset{wanted}); };
  CHECK(at(offset_latest).offset == 2);
  CHECK(at(offset_earliest).offset == 0);
  CHECK(at(second_ms - 5'000).offset == 1);
  CHECK(at(second_ms + 1).offset == -1);
  CHECK(at(offset_latest).epoch == epoch);
}

TEST_CASE_METHOD(partition_fixture, "closing brings the log to rest and ends both actors") {
  open();
  append({"a"});
  const auto closed = close();
  CHECK(closed.is_clean);
  CHECK(closed.facts.log_end_offset == 1);
  open();
  CHECK(read(0) == std::vector<std::string>{"a"});
}
