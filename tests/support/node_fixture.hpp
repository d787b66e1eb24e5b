// A whole node without threads and sockets: every actor but the gateway, on disks in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/broker/node.hpp"
#include "actors/runtime/log.hpp"
#include "protocol/messages/create_topics.hpp"
#include "protocol/record_batch_builder.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/asking.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/memory_metadata_store.hpp"

namespace ottla {

class node_fixture : public actor_fixture {
public:
  explicit node_fixture(const config_map& settings = {}) {
    log::start({.least = log::level::off});  // these tests are full of failures
    config_layers layers;
    layers.statics["log.dirs"] = {"/disk/a,/disk/b", "test"};
    for (const auto& [key, value] : settings) layers.statics[key] = {value, "test"};
    auto loaded = make_broker_config(std::move(layers), "localhost");
    if (!loaded) FAIL(loaded.error().message);
    config = loaded->config;
  }
  ~node_fixture() override { kill(); }

  void start() {
    auto dirs = open_log_dirs(disk, config, home().random());
    if (!dirs) FAIL(dirs.error().message);
    auto mailbox = std::make_shared<store_mailbox>();
    auto store = ensemble.connect(store_mailbox::executor(mailbox));
    store_ = store.get();
    running =
        std::make_unique<node>(system(), config,
                               node_seams{.units = {&home()},
                                          .memory = &memory,
                                          .time = &time,
                                          .disk = &disk,
                                          .store = std::move(store),
                                          .mailbox = std::move(mailbox)},
                               std::move(*dirs), [this](const std::string& why) { gave_up = why; });
    auto started =
        ask<broker_started>(running->supervisor(), running->introduction(config.listeners));
    if (started.failure) FAIL(started.failure->message);
  }
  /// Whether every log was brought to rest.
  bool stop() {
    running->end_coordinators();
    const auto stopped = ask<broker_stopped>(running->supervisor(), stop_broker{});
    end();
    return stopped.is_clean;
  }
  /// Ends it without a word.
  void kill() {
    if (!running) return;
    store_->close();
    end();
    disk.kill_process();
  }

  template <class Answer, class Handle, class Question>
  Answer ask(const Handle& whom, Question question) {
    auto answer = ask_later<Answer>(system(), whom, std::move(question));
    settle();
    for (int i = 0; i < 100 && !answer->value && !answer->failed; ++i) pass(100);
    REQUIRE(answer->value);
    return *answer->value;
  }

  uuid create(const std::string& topic, int32_t partitions) {
    create_topics_request request;
    request.topics.push_back(
        {.name = topic, .num_partitions = partitions, .replication_factor = 1});
    request.timeout_ms = 10'000;
    auto created = ask<create_topics_response>(running->services().controller,
                                               create_topics_command{request, {.version = 7}});
    REQUIRE(created.topics.at(0).error_code == error_code::none);
    settle();
    return running->services().metadata->get()->find_topic(topic)->id();
  }
  partition_found find(const topic_id_partition& which) {
    return ask<partition_found>(running->supervisor(), find_partition{which});
  }
  append_result append(const topic_id_partition& which, const std::string& value) {
    auto found = find(which);
    if (!found.handle) return {.error = found.error};
    record_batch_builder builder{{}};
    builder.append({time.wall_ms(), as_byte_span(value), as_byte_span(value), {}});
    auto batch = builder.build();
    REQUIRE(batch);
    return ask<append_result>(found.handle, append_batch{*batch});
  }
  log_offset log_end(const topic_id_partition& which) {
    return ask<partition_description>(find(which).handle, query_partition{}).log_end_offset;
  }
  std::string directory_of(const topic_id_partition& which) {
    return ask<partition_description>(find(which).handle, query_partition{}).log_directory;
  }
  /// Ends a partition's actor as an exception does.
  void break_partition(const topic_id_partition& which) {
    auto found = find(which);
    REQUIRE(found.handle);
    caf::anon_send_exit(found.handle, caf::exit_reason::unhandled_exception);
    found.handle = nullptr;
    settle();
  }

  broker_config config;
  memory_file_system disk{1};
  memory_ensemble ensemble;
  std::unique_ptr<node> running;
  std::optional<std::string> gave_up;

private:
  void end() {
    running->end();
    settle();
    running.reset();
    settle();
  }

  memory_metadata_store* store_ = nullptr;
};

}  // namespace ottla
