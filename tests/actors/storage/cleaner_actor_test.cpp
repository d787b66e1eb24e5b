#include "actors/storage/cleaner_actor.hpp"

#include "tests/support/partition_fixture.hpp"

using namespace ottla;

namespace {

struct cleaner_fixture : partition_fixture {
  cleaner_fixture() {
    config.cleanup_delete = false;
    config.cleanup_compact = true;
    config.min_cleanable_dirty_ratio = 0.1;
    config.segment_ms = 1'000;
    open();
    cleaner = spawn_blocking<cleaner_actor>(system(), home(), std::array<uint64_t, 2>{1, 2});
  }
  ~cleaner_fixture() override {
    caf::anon_send_exit(cleaner, caf::exit_reason::user_shutdown);
    cleaner = nullptr;
  }
  /// Every value is a key as well: all but the last of each are garbage.
  void write_rounds(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      append({"a", "b", "c"});
      pass(2'000);
    }
  }
  [[nodiscard]] clean_logs order() const { return {{{{topic_id, 0}, partition, 0}}, {}}; }
  std::shared_ptr<expected_answer<logs_cleaned>> clean() {
    return ask_later<logs_cleaned>(system(), cleaner, order());
  }
  [[nodiscard]] int64_t records_left() {
    int64_t count = 0;
    for (log_offset from = 0; from < facts().log_end_offset;) {
      auto got = ask<read_result>(read_partition{from, 1 << 20, true});
      auto bytes = flatten({got.records});
      REQUIRE(bytes);
      record_batch_walk walk(bytes->view());
      for (auto batch = walk.next(); batch && *batch; batch = walk.next()) {
        count += (*batch)->header().record_count;
        from = (*batch)->header().next_offset();
      }
    }
    return count;
  }

  cleaner_handle cleaner;
};

}  // namespace

TEST_CASE_METHOD(cleaner_fixture, "a compacted log keeps the last record of each key") {
  write_rounds(6);
  auto done = clean();
  settle();
  REQUIRE(done->value);
  REQUIRE(done->value->cleaned.size() == 1);
  const auto point = done->value->cleaned[0].clean_point;
  CHECK(point >= 12);
  CHECK(records_left() == 3 + (18 - point));
  CHECK(facts().log_end_offset == 18);
}

TEST_CASE_METHOD(cleaner_fixture, "questions that come while the cleaner works share its answer") {
  write_rounds(6);
  std::vector<std::shared_ptr<expected_answer<logs_cleaned>>> answers;
  // One message at a time, so that the later questions meet the first in each of its stages.
  for (int i = 0; i < 40; ++i) {
    if (i % 4 == 0) answers.push_back(clean());
    scheduler().try_run_once();
  }
  settle();
  size_t cleaned = 0;
  for (const auto& each : answers) {
    REQUIRE(each->value);
    cleaned += each->value->cleaned.empty() ? 0 : 1;
  }
  CHECK(cleaned >= 1);
  CHECK(news.failed.empty());
  CHECK(records_left() <= 6);
  CHECK(append({"d"}).base_offset == 18);
}

TEST_CASE_METHOD(cleaner_fixture, "a log that goes away in the middle is given up") {
  write_rounds(6);
  auto done = clean();
  for (int i = 0; i < 8; ++i) scheduler().try_run_once();
  kill();
  settle();
  REQUIRE(done->value);
  open(last_shutdown::process_crash);
  CHECK(facts().log_end_offset == 18);
}

TEST_CASE_METHOD(cleaner_fixture, "a log without garbage is left alone") {
  append({"a", "b", "c"});
  auto done = clean();
  settle();
  REQUIRE(done->value);
  CHECK(done->value->cleaned.empty());
}

TEST_CASE_METHOD(cleaner_fixture, "a log that time will make due is named, to be looked at again") {
  config.min_compaction_lag_ms = 60'000;
  open();
  write_rounds(6);
  auto early = clean();
  settle();
  REQUIRE(early->value);
  CHECK(early->value->cleaned.empty());
  REQUIRE(early->value->waiting.size() == 1);
  CHECK(early->value->waiting[0].key == topic_id_partition{topic_id, 0});
  CHECK(early->value->waiting[0].look_again_ms > time.wall_ms());
  CHECK(early->value->waiting[0].look_again_ms <= time.wall_ms() + 60'000);
  pass(60'000);
  auto late = clean();
  settle();
  REQUIRE(late->value);
  CHECK(late->value->cleaned.size() == 1);
  CHECK(late->value->waiting.empty());
}
