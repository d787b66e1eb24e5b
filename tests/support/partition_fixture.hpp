// One partition with its log actor and disk actors on a disk in memory, without threads. It can be
// closed, crash, lose its power, and be opened again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/config/broker_config.hpp"
#include "actors/partition/partition_actor.hpp"
#include "actors/storage/disk_actor.hpp"
#include "actors/storage/log_actor.hpp"
#include "actors/storage/log_settings.hpp"
#include "storage/file_handles.hpp"
#include "tests/storage/log_fixture.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/asking.hpp"
#include "tests/support/held_disk.hpp"

namespace ottla {

/// Hears what logs tell their supervisor.
class listening_supervisor final : public pinned<log_supervisor::base> {
public:
  struct heard {
    std::vector<directory_failed> failed;
    size_t progressed = 0;
  };
  listening_supervisor(caf::actor_config& config, unit& where, heard& news)
      : pinned(config, where), news_(news) {}
  behavior_type make_behavior() override {
    return {[this](const directory_failed& failed) { news_.failed.push_back(failed); },
            [this](const log_progressed&) { ++news_.progressed; }};
  }

private:
  heard& news_;
};

class partition_fixture : public actor_fixture {
public:
  explicit partition_fixture(std::string topic = "orders") : which{std::move(topic), 0} {
    config = make_topic_config(make_broker_config({}, "localhost")->config, {});
    supervisor = spawn_on<listening_supervisor>(system(), home(), std::ref(news));
  }
  ~partition_fixture() override {
    kill();
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
    supervisor = nullptr;
    settle();
  }

  /// Opens the log as a start does that follows `last`, and begins to lead it.
  void open(last_shutdown last = last_shutdown::clean) {
    defaults = {};
    auto opened = partition_log::open(*handles, directory, make_log_options(config, defaults),
                                      {last, recovery_point, 0, time.wall_ms()});
    if (!opened) FAIL(opened.error().message);
    disk_worker = spawn_blocking<disk_actor>(system(), home(), handles);
    std::shared_ptr<partition_log> log{std::move(*opened)};
    log_facts facts{.log_start_offset = log->log_start(),
                    .log_end_offset = log->log_end(),
                    .flushed_offset = log->recovery_point()};
    if (holds) flusher = spawn_on<held_disk>(system(), home(), std::ref(disk), std::ref(held));
    storage = spawn_on<log_actor>(system(), home(),
                                  log_setup{.which = {topic_id, 0},
                                            .log = std::move(log),
                                            .config = config,
                                            .level = level,
                                            .defaults = defaults,
                                            .disks = {.flusher = holds ? flusher : disk_worker,
                                                      .reader = disk_worker,
                                                      .space = room},
                                            .supervisor = supervisor});
    partition = spawn_on<partition_actor>(system(), home(),
                                          partition_setup{.which = which,
                                                          .topic_id = topic_id,
                                                          .log = storage,
                                                          .facts = facts,
                                                          .assignment = assignment(),
                                                          .self = {1, 1}});
    caf::anon_send(partition, assignment());
    settle();
  }
  /// Brings the log to rest.
  partition_closed close() {
    auto closed = ask<partition_closed>(close_partition{});
    recovery_point = closed.facts.log_end_offset;
    end();
    return closed;
  }
  /// The process ends without a word.
  void kill() {
    caf::anon_send_exit(partition, caf::exit_reason::kill);
    caf::anon_send_exit(storage, caf::exit_reason::kill);
    end();
    disk.kill_process();
    handles = std::make_shared<file_handles>(disk, 8);
  }
  void cut_power() {
    kill();
    disk.cut_power();
  }

  [[nodiscard]] partition_assignment assignment() const {
    return {.role = leads ? partition_role::leader : partition_role::offline,
            .leader = 1,
            .epoch = epoch,
            .seats = {replicas, {{1, 1}}, 0},
            .config = config,
            .level = level};
  }
  void reassign() {
    caf::anon_send(partition, assignment());
    settle();
  }

  template <class Answer, class Question>
  std::shared_ptr<expected_answer<Answer>> begin(Question question) {
    auto answer = ask_later<Answer>(system(), partition, std::move(question));
    settle();
    return answer;
  }
  template <class Answer, class Question>
  Answer ask(Question question) {
    auto answer = begin<Answer>(std::move(question));
    REQUIRE(answer->value);
    return *answer->value;
  }
  auto begin_append(const std::vector<std::string>& values, int16_t acks = acks_all) {
    return begin<append_result>(append_batch{batch_of(values, time.wall_ms()), acks, 1'000});
  }
  append_result append(const std::vector<std::string>& values, int16_t acks = acks_all) {
    auto answer = begin_append(values, acks);
    REQUIRE(answer->value);
    return *answer->value;
  }
  /// The values from `from` on that consumers may see.
  std::vector<std::string> read(log_offset from) {
    std::vector<std::string> values;
    auto got = ask<read_result>(read_partition{from, 1 << 20, true});
    REQUIRE(got.error == error_code::none);
    auto bytes = flatten({got.records});
    REQUIRE(bytes);
    record_batch_walk walk(bytes->view());
    std::vector<std::byte> scratch;
    for (auto batch = walk.next(); batch && *batch; batch = walk.next()) {
      REQUIRE(for_each_record(**batch, scratch, [&](const record_view& record) {
        if (record.offset >= from) values.push_back(std::string{as_text(*record.value)});
      }));
    }
    return values;
  }
  partition_description facts() { return ask<partition_description>(query_partition{}); }

  /// Lets go of what a disk that `holds` has kept: done, or failed with `instead`.
  void release(std::vector<held_work::job>& kept, const std::optional<fault>& instead = {}) {
    for (auto& each : std::exchange(kept, {})) {
      held.due.push_back([each = std::move(each), instead] { each(instead); });
    }
    caf::anon_send(flusher, run_read_ahead{});
    settle();
  }

  topic_partition which;
  uuid topic_id{{std::byte{7}}};
  std::string directory = "data/orders-0";
  topic_config config;
  durability level = durability::fsync;
  bool leads = true;
  std::vector<broker_id> replicas{1};
  leader_epoch epoch = 3;
  log_offset recovery_point = 0;
  log_defaults defaults;
  memory_file_system disk{1};
  std::shared_ptr<file_handles> handles = std::make_shared<file_handles>(disk, 8);
  std::shared_ptr<free_space> room = std::make_shared<free_space>(disk, "data", 0);
  listening_supervisor::heard news;
  log_supervisor supervisor;
  partition_control partition;
  log_handle storage;
  disk_handle disk_worker;
  bool holds = false;  ///< Flushes and closings wait in `held` until they are released.
  held_work held;

private:
  void end() {
    settle();
    caf::anon_send_exit(disk_worker, caf::exit_reason::user_shutdown);
    if (flusher) caf::anon_send_exit(flusher, caf::exit_reason::user_shutdown);
    held = {};
    flusher = nullptr;
    partition = nullptr;
    storage = nullptr;
    disk_worker = nullptr;
    settle();
  }

  disk_handle flusher;
};

}  // namespace ottla
