#include "actors/broker/broker_actor.hpp"

#include "protocol/messages/delete_topics.hpp"
#include "tests/support/node_fixture.hpp"

using namespace ottla;

namespace {

struct running_fixture : node_fixture {
  running_fixture() { start(); }
  bool is_open(const topic_id_partition& which) {
    return static_cast<bool>(running->services().partitions->find(which));
  }
};

}  // namespace

TEST_CASE_METHOD(running_fixture, "a partition that fails is opened again, with all that it had") {
  const auto orders = create("orders", 2);
  const topic_id_partition broken{orders, 0}, other{orders, 1};
  CHECK(append(broken, "a").error == error_code::none);
  break_partition(broken);
  CHECK_FALSE(is_open(broken));
  CHECK(is_open(other));
  CHECK(append(other, "b").error == error_code::none);
  pass(99);
  CHECK_FALSE(is_open(broken));
  pass(1);
  CHECK(is_open(broken));
  CHECK(append(broken, "c").base_offset == 1);
}

TEST_CASE_METHOD(running_fixture,
                 "a partition that goes on failing waits longer each time, then stays offline") {
  const topic_id_partition which{create("orders", 1), 0};
  append(which, "a");
  for (int64_t delay_ms : {100, 200, 400, 800, 1'600}) {
    break_partition(which);
    pass(delay_ms - 1);
    CHECK_FALSE(is_open(which));
    pass(1);
    CHECK(is_open(which));
  }
  break_partition(which);
  pass(3'600'000);
  CHECK_FALSE(is_open(which));
  CHECK(find(which).error == error_code::kafka_storage_error);
  // The others do not suffer for it.
  CHECK(append({create("returns", 1), 0}, "b").error == error_code::none);
}

TEST_CASE_METHOD(running_fixture, "failures long ago do not count") {
  const topic_id_partition which{create("orders", 1), 0};
  for (int i = 0; i < 20; ++i) {
    break_partition(which);
    pass(70'000);
    REQUIRE(is_open(which));
  }
}

TEST_CASE_METHOD(running_fixture,
                 "whoever asks for a partition that is being opened again waits for it") {
  const topic_id_partition which{create("orders", 1), 0};
  break_partition(which);
  auto asked = ask_later<partition_found>(system(), running->supervisor(), find_partition{which});
  settle();
  CHECK_FALSE(asked->value);
  pass(100);
  REQUIRE(asked->value);
  CHECK(asked->value->handle);
  asked->value.reset();
}

TEST_CASE_METHOD(running_fixture,
                 "one failed directory leaves the partitions of the other running") {
  const auto orders = create("orders", 4);
  std::vector<topic_id_partition> on_a, on_b;
  for (partition_index i = 0; i < 4; ++i) {
    const topic_id_partition which{orders, i};
    REQUIRE(append(which, "a").error == error_code::none);
    (directory_of(which) == "/disk/a" ? on_a : on_b).push_back(which);
  }
  REQUIRE(on_a.size() == 2);
  REQUIRE(on_b.size() == 2);
  disk.fail(disk_operation::sync, EIO);
  CHECK(append(on_a[0], "b").error == error_code::kafka_storage_error);
  CHECK(append(on_a[1], "b").error == error_code::kafka_storage_error);
  for (const auto& which : on_b) CHECK(append(which, "b").base_offset == 1);
  CHECK_FALSE(gave_up);
  // The controller knows, and its metadata say so.
  const auto record_of = [&](const topic_id_partition& which) {
    return *running->services().metadata->get()->find_partition(which);
  };
  for (const auto& which : on_a) {
    CHECK(record_of(which).leader.id == no_broker);
    CHECK(record_of(which).failed.size() == 1);
  }
  for (const auto& which : on_b) CHECK(record_of(which).failed.empty());
  // What is new goes where it can, and what fails there stays down.
  const topic_id_partition fresh{create("returns", 1), 0};
  CHECK(append(fresh, "c").error == error_code::none);
  CHECK(directory_of(fresh) == "/disk/b");
  break_partition(on_a[0]);
  pass(60'000);
  CHECK_FALSE(is_open(on_a[0]));
  CHECK_FALSE(stop());
}

TEST_CASE_METHOD(running_fixture, "without any directory left the broker gives up, and says why") {
  const auto orders = create("orders", 2);
  for (partition_index i = 0; i < 2; ++i) {
    CHECK_FALSE(gave_up);
    disk.fail(disk_operation::sync, EIO);
    CHECK(append({orders, i}, "a").error == error_code::kafka_storage_error);
  }
  REQUIRE(gave_up);
  CHECK(gave_up->find("every log directory has failed") != std::string::npos);
}

TEST_CASE_METHOD(running_fixture, "a stopped node starts clean and a killed one loses nothing") {
  const topic_id_partition which{create("orders", 1), 0};
  for (int i = 0; i < 3; ++i) append(which, "a");
  SECTION("stopped") {
    CHECK(stop());
  }
  SECTION("killed") {
    kill();
  }
  start();
  CHECK(log_end(which) == 3);
  CHECK(append(which, "b").base_offset == 3);
}

TEST_CASE_METHOD(running_fixture, "a supervisor that ends before it has stopped says so") {
  create("orders", 1);
  auto answer = ask_later<broker_stopped>(system(), running->supervisor(), stop_broker{});
  scheduler().try_run_once();  // the asker
  scheduler().try_run_once();  // the supervisor, which waits for its partition
  REQUIRE_FALSE(answer->value);
  caf::anon_send_exit(running->supervisor(), caf::exit_reason::unhandled_exception);
  settle();
  CHECK(answer->failed);
}

TEST_CASE_METHOD(running_fixture, "deleted records stay deleted when the partition is reopened") {
  const topic_id_partition which{create("orders", 1), 0};
  for (int i = 0; i < 3; ++i) append(which, "a");
  stop();
  start();  // clean: nothing of this run is in a checkpoint yet
  auto deleted = ask<delete_records_result>(find(which).handle, delete_records_before{2});
  CHECK(deleted.low_watermark == 2);
  break_partition(which);
  pass(100);
  REQUIRE(is_open(which));
  const auto facts = ask<partition_description>(find(which).handle, query_partition{});
  CHECK(facts.log_start_offset == 2);
  CHECK(facts.high_watermark == 3);
}

TEST_CASE_METHOD(running_fixture,
                 "a name can be deleted and made anew while its old data is still being removed") {
  const auto ask_to_delete = [&] {
    delete_topics_request request;
    request.topics.push_back({.name = "orders"});
    request.timeout_ms = 10'000;
    return ask_later<delete_topics_response>(system(), running->services().controller,
                                             delete_topics_command{request, {.version = 6}});
  };
  const auto ask_to_create = [&] {
    create_topics_request request;
    request.topics.push_back({.name = "orders", .num_partitions = 2, .replication_factor = 1});
    request.timeout_ms = 10'000;
    return ask_later<create_topics_response>(system(), running->services().controller,
                                             create_topics_command{request, {.version = 7}});
  };
  // Whatever the directories' threads have done by then.
  for (int steps = 0; steps < 120; steps += 3) {
    INFO(steps << " messages between two requests");
    const auto run_some = [&] {
      for (int i = 0; i < steps; ++i) scheduler().try_run_once();
    };
    auto id = create("orders", 2);
    REQUIRE(append({id, 0}, "a").base_offset == 0);
    auto gone = ask_to_delete();
    run_some();
    auto made = ask_to_create();
    run_some();
    auto gone_again = ask_to_delete();
    run_some();
    settle();
    pass(1'000);
    REQUIRE(gone_again->value);
    REQUIRE(running->services().metadata->get()->find_topic("orders") == nullptr);
    for (const auto& path : disk.paths()) REQUIRE(path.find("/orders-") == std::string::npos);
  }
}

TEST_CASE_METHOD(running_fixture, "a directory that failed notes it on itself as well") {
  const topic_id_partition which{create("orders", 1), 0};
  const auto failed = directory_of(which);
  disk.fail(disk_operation::sync, EIO);
  CHECK(append(which, "a").error == error_code::kafka_storage_error);
  kill();
  size_t noted = 0;
  for (const auto& path : disk.paths()) noted += path.find("storage-error") != std::string::npos;
  CHECK(noted == 2);
  CHECK(disk.contents(failed + "/" + std::string(storage_error_name)).size() > 0);
}

TEST_CASE_METHOD(node_fixture,
                 "a partition that failed before its first record keeps what follows") {
  start();
  const auto id = create("orders", 8);
  for (partition_index i = 0; i < 8; ++i) break_partition({id, i});
  pass(1'000);
  for (partition_index i = 0; i < 8; ++i) {
    CHECK(append({id, i}, "first").error == error_code::none);
  }
  kill();
  disk.cut_power();
  start();
  for (partition_index i = 0; i < 8; ++i) CHECK(log_end({id, i}) == 1);
}
