#include "actors/storage/disk_actor.hpp"

#include "tests/support/partition_fixture.hpp"

using namespace ottla;

namespace {

struct disk_fixture : actor_fixture {
  disk_fixture() { worker = spawn_blocking<disk_actor>(system(), home(), handles); }
  ~disk_fixture() override {
    caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
    worker = nullptr;
  }
  template <class Answer, class Question>
  Answer ask(Question question) {
    auto answer = ask_later<Answer>(system(), worker, std::move(question));
    settle();
    REQUIRE(answer->value);
    return *answer->value;
  }
  opened_log open_one(std::optional<fault> failure = {}, durability level = durability::relaxed,
                      std::stop_token stop = {}) {
    partition_to_open wanted{{"orders", 0}, uuid{{std::byte{7}}}, {}, level};
    open_log job{wanted,
                 "data/orders-0",
                 {.now_ms = time.wall_ms(), .stop = std::move(stop)},
                 std::move(failure)};
    auto opened = ask<opened_logs>(open_logs{{job}});
    REQUIRE(opened.logs.size() == 1);
    return opened.logs.front();
  }

  memory_file_system disk{1};
  std::shared_ptr<file_handles> handles = std::make_shared<file_handles>(disk, 4);
  disk_handle worker;
};

}  // namespace

TEST_CASE_METHOD(disk_fixture, "a disk actor opens logs, and says which cannot be opened") {
  auto good = open_one();
  CHECK_FALSE(good.failure);
  REQUIRE(good.log);
  CHECK(good.log->log_end() == 0);
  CHECK(good.wanted.which == topic_partition{"orders", 0});
  CHECK(open_one(fault{error_code::kafka_storage_error, "no directory", 0}).failure->message ==
        "no directory");
  good.log.reset();
  disk.fail(disk_operation::list, EACCES);
  CHECK(open_one().failure);
}

TEST_CASE_METHOD(disk_fixture, "a flush brings to the disk what was written before it") {
  auto opened = open_one();
  append_terms terms;
  terms.now_ms = time.wall_ms();
  REQUIRE(std::holds_alternative<appended>(opened.log->append(batch_of({"a"}), terms)));
  auto job = opened.log->flush_target();
  REQUIRE(job);
  CHECK_FALSE(ask<disk_done>(run_flush{*job}).failure);
  opened.log->flushed_to(job->up_to);
  disk.cut_power();
  handles = std::make_shared<file_handles>(disk, 4);
  auto again = partition_log::open(*handles, "data/orders-0", {},
                                   {last_shutdown::machine_crash, job->up_to, 0, time.wall_ms()});
  REQUIRE(again);
  CHECK((*again)->log_end() == 1);
}

TEST_CASE_METHOD(disk_fixture, "a failed sync is reported, and the disk actor goes on") {
  auto opened = open_one();
  append_terms terms;
  terms.now_ms = time.wall_ms();
  opened.log->append(batch_of({"a"}), terms);
  auto job = opened.log->flush_target();
  REQUIRE(job);
  disk.fail(disk_operation::sync, EIO);
  CHECK(ask<disk_done>(run_flush{*job}).failure->os_errno == EIO);
  CHECK_FALSE(ask<disk_done>(run_flush{*job}).failure);
}

TEST_CASE_METHOD(disk_fixture, "what a durable log has not flushed is flushed when it opens") {
  auto written = open_one();
  written.log->append(batch_of({"a"}), {.now_ms = time.wall_ms()});
  written.log.reset();
  CHECK(open_one({}, durability::relaxed).log->recovery_point() == 0);
  CHECK(open_one({}, durability::fsync).log->recovery_point() == 1);
  disk.fail(disk_operation::sync, EIO);
  auto broken = open_one({}, durability::fsync);
  REQUIRE(broken.log);
  CHECK(broken.log->broken());
}

TEST_CASE_METHOD(disk_fixture, "opening ends when it is told to, and begins anew the next time") {
  auto written = open_one();
  written.log->append(batch_of({"a"}), {.now_ms = time.wall_ms()});
  written.log.reset();
  std::stop_source source;
  source.request_stop();
  auto stopped = open_one({}, durability::relaxed, source.get_token());
  CHECK_FALSE(stopped.log);
  CHECK(stopped.failure);
  CHECK(open_one().log->log_end() == 1);
}
