#include <cerrno>
#include <functional>
#include <set>

#include "protocol/messages/alter_partition_reassignments.hpp"
#include "protocol/messages/delete_topics.hpp"
#include "storage/checkpoints.hpp"
#include "tests/support/node_fixture.hpp"
#include "tests/support/task_queue.hpp"

using namespace ottla;

namespace {

struct moving_fixture : node_fixture {
  moving_fixture() { start(); }
  error_code move(const std::string& topic, partition_index index, const std::string& where) {
    return ask<replica_move_begun>(running->supervisor(), move_replica{{topic, index}, where})
        .error;
  }
  static std::string other(const std::string& directory) {
    return directory == "/disk/a" ? "/disk/b" : "/disk/a";
  }
  /// Directories of the partition, of whatever kind, that hold files.
  size_t places(const std::string& name, bool live_only) const {
    std::set<std::string> found;
    for (const auto& path : disk.paths()) {
      for (const std::string root : {"/disk/a/", "/disk/b/"}) {
        if (!path.starts_with(root + name)) continue;
        const auto folder = path.substr(0, path.find('/', root.size()));
        if (!live_only || folder == root + name) found.insert(folder);
      }
    }
    return found.size();
  }
  void remove_topic(const std::string& topic) {
    delete_topics_request request;
    request.topic_names = {topic};
    request.timeout_ms = 10'000;
    ask<delete_topics_response>(running->services().controller,
                                delete_topics_command{request, {.version = 5}});
    settle();
  }
  auto begin_append(const partition_handle& to) {
    record_batch_builder builder{{}};
    builder.append({time.wall_ms(), {}, as_byte_span("later"), {}});
    return ask_later<append_result>(system(), to, append_batch{*builder.build(), acks_all, 1'000});
  }
  /// Asks for a move and runs so many messages of it; false if it has come to its end before.
  bool begin_move(const std::string& topic, const std::string& where, int messages) {
    ask_later<replica_move_begun>(system(), running->supervisor(), move_replica{{topic, 0}, where});
    return step(messages);
  }
  bool step(int messages) {
    for (; messages > 0; --messages) {
      if (!scheduler().try_run_once() && !home().end_burst()) return false;
    }
    return true;
  }
  uuid create_filled(const std::string& topic, int records) {
    auto id = create(topic, 1);
    for (int i = 0; i < records; ++i) {
      REQUIRE(append({id, 0}, "record").error == error_code::none);
    }
    return id;
  }
};

}  // namespace

TEST_CASE_METHOD(moving_fixture, "a replica moves to another log directory with all that it had") {
  const topic_id_partition which{create_filled("orders", 5), 0};
  const auto home_path = directory_of(which), away = other(home_path);
  CHECK(move("orders", 0, away) == error_code::none);
  settle();
  CHECK(directory_of(which) == away);
  CHECK(log_end(which) == 5);
  CHECK(append(which, "more").base_offset == 5);
  CHECK(places("orders-0", false) == 1);
  CHECK(ask<running_moves>(running->supervisor(), query_moves{}).moves.empty());
  SECTION("and back") {
    CHECK(move("orders", 0, home_path + "/") == error_code::none);
    settle();
    CHECK(directory_of(which) == home_path);
    CHECK(log_end(which) == 6);
  }
  SECTION("and stays there over a restart") {
    CHECK(stop());
    start();
    CHECK(directory_of(which) == away);
    CHECK(log_end(which) == 6);
  }
  SECTION("and over a crash of the machine") {
    kill();
    disk.cut_power();
    start();
    CHECK(directory_of(which) == away);
    CHECK(log_end(which) == 6);
  }
}

TEST_CASE_METHOD(moving_fixture, "a move is refused where Kafka refuses it") {
  const topic_id_partition which{create_filled("orders", 1), 0};
  const auto home_path = directory_of(which);
  CHECK(move("orders", 0, "/disk/c") == error_code::log_dir_not_found);
  CHECK(move("orders", 0, "disk/a") == error_code::log_dir_not_found);
  CHECK(move("orders", 7, home_path) == error_code::unknown_topic_or_partition);
  CHECK(move("orders", 0, home_path) == error_code::none);
  CHECK(directory_of(which) == home_path);
  disk.fail(disk_operation::sync, EIO);
  append(which, "fails");
  CHECK(move("orders", 0, home_path) == error_code::kafka_storage_error);
}

TEST_CASE_METHOD(moving_fixture, "a partition is created where it was asked to be") {
  for (const std::string where : {"/disk/b", "/disk/a"}) {
    const auto topic = "topic" + where.substr(6);
    CHECK(move(topic, 0, where) == error_code::unknown_topic_or_partition);
    CHECK(move(topic, 1, where) == error_code::unknown_topic_or_partition);
    const auto id = create(topic, 2);
    CHECK(directory_of({id, 0}) == where);
    CHECK(directory_of({id, 1}) == where);
  }
}

TEST_CASE_METHOD(moving_fixture, "a fault of the copy leaves the replica where it is") {
  const topic_id_partition which{create_filled("orders", 5), 0};
  const auto home_path = directory_of(which);
  disk.fail(disk_operation::write, ENOSPC);
  CHECK(move("orders", 0, other(home_path)) == error_code::none);
  settle();
  CHECK(directory_of(which) == home_path);
  CHECK(append(which, "more").base_offset == 5);
  CHECK(places("orders-0", false) == 1);
  CHECK(move("orders", 0, other(home_path)) == error_code::none);
  settle();
  CHECK(directory_of(which) == other(home_path));
  CHECK(log_end(which) == 6);
}

TEST_CASE_METHOD(moving_fixture, "a topic made anew after a move does not take over old offsets") {
  const topic_id_partition which{create_filled("orders", 5), 0};
  const auto home_path = directory_of(which);
  move("orders", 0, other(home_path));
  settle();
  remove_topic("orders");
  CHECK(places("orders-0", false) == 0);
  for (const auto& where : {home_path, other(home_path)}) {
    move("orders", 0, where);
  }
  const auto again = create("orders", 1);
  CHECK(append({again, 0}, "new").base_offset == 0);
  kill();
  disk.cut_power();
  start();
  CHECK(log_end({again, 0}) == 1);
}

TEST_CASE("a power cut at any step of a move loses no record and leaves one log") {
  for (int64_t step = 0;; ++step) {
    moving_fixture node;
    const topic_id_partition which{node.create_filled("orders", 5), 0};
    const auto home_path = node.directory_of(which);
    const auto away = moving_fixture::other(home_path);
    node.disk.halt_after(step);
    node.move("orders", 0, away);
    node.settle();
    const bool is_over = !node.disk.halted();
    node.disk.no_halt();
    node.kill();
    node.disk.cut_power();
    node.start();
    INFO("halted after change " << step);
    CHECK(node.log_end(which) == 5);
    CHECK(node.append(which, "more").base_offset == 5);
    CHECK(node.places("orders-0", true) == 1);
    CHECK(node.places("orders-0", false) == 1);
    if (!is_over) continue;
    CHECK(node.directory_of(which) == away);
    CHECK(step > 10);
    break;
  }
}

namespace {

/// A second broker, of which there is no more than its name, is to have the replica as well.
struct reassigned_fixture : moving_fixture {
  reassigned_fixture() {
    second->start({.session = [](session_event) {}, .changed = [](const std::string&) {}});
    settle_both();
    const broker_registration registration{.id = 2, .endpoints = {{"PLAINTEXT", 0, "second", 1}}};
    second->commit({{.what = store_write::kind::create_ephemeral,
                     .path = metadata_path::broker(2),
                     .value = encode_record(registration)}},
                   [](const commit_result&) {});
    settle_both();
  }
  void settle_both() {
    for (int i = 0; i < 3; ++i) {
      settle();
      queue.run();
    }
  }
  const controller_handle& own_controller() { return running->services().own_controller; }
  image_ptr image() { return running->services().metadata->get(); }
  replica_seat seat(broker_id id) {
    const auto* broker = image()->find_broker(id);
    REQUIRE(broker != nullptr);
    return {id, broker->epoch};
  }
  void begin_reassignment(const std::string& topic) {
    caf::anon_send(own_controller(), broker_ready{2, seat(2).epoch});
    settle_both();
    alter_partition_reassignments_request request;
    request.topics.push_back({.name = topic, .partitions = {{0, std::vector<int32_t>{2}}}});
    const auto begun = ask<alter_partition_reassignments_response>(
        own_controller(), alter_partition_reassignments_command{request, {}});
    REQUIRE(begun.responses[0].partitions[0].error_code == error_code::none);
  }
  /// The second broker is in sync: the replica here is to go.
  void finish_reassignment(const topic_id_partition& which) {
    const auto& record = *image()->find_partition(which);
    alter_partitions wish{seat(1), {}};
    wish.proposals.push_back({which,
                              {.epoch = record.leader_epoch,
                               .partition_epoch = record.partition_epoch,
                               .isr = {seat(1), seat(2)}}});
    caf::anon_send(own_controller(), wish);
  }

  task_queue queue;
  std::unique_ptr<memory_metadata_store> second = ensemble.connect(queue.executor());
};

/// Does something else after each of a move's messages in turn, on a new node every time.
template <class Fixture = moving_fixture>
void interrupt_everywhere(
    const std::function<void(std::type_identity_t<Fixture>&, const topic_id_partition&,
                             const std::string&)>& act) {
  for (int messages = 0;; ++messages) {
    Fixture node;
    const topic_id_partition which{node.create_filled("orders", 5), 0};
    if constexpr (requires { node.begin_reassignment("orders"); })
      node.begin_reassignment("orders");
    const auto away = moving_fixture::other(node.directory_of(which));
    INFO("after " << messages << " messages");
    const bool is_under_way = node.begin_move("orders", away, messages);
    act(node, which, away);
    if (is_under_way) continue;
    CHECK(messages > 20);
    return;
  }
}

}  // namespace

TEST_CASE("whatever happens during a move, the partition has one log with all its records") {
  SECTION("a restart") {
    interrupt_everywhere([](auto& node, const auto& which, const auto&) {
      CHECK(node.stop());
      node.start();
      CHECK(node.log_end(which) == 5);
      CHECK(node.places("orders-0", false) == 1);
    });
  }
  SECTION("a crash of the machine") {
    interrupt_everywhere([](auto& node, const auto& which, const auto&) {
      node.kill();
      node.disk.cut_power();
      node.start();
      CHECK(node.log_end(which) == 5);
      CHECK(node.places("orders-0", false) == 1);
    });
  }
  SECTION("a crash of the partition") {
    interrupt_everywhere([](auto& node, const auto& which, const auto&) {
      node.break_partition(which);
      node.pass(1'000);
      CHECK(node.log_end(which) == 5);
      CHECK(node.append(which, "more").base_offset == 5);
      CHECK(node.places("orders-0", false) == 1);
    });
  }
  SECTION("a request to stay") {
    interrupt_everywhere([](auto& node, const auto& which, const auto& away) {
      const auto error = node.move("orders", 0, moving_fixture::other(away));
      CHECK((error == error_code::none || error == error_code::replica_not_available));
      node.settle();
      CHECK(node.append(which, "more").base_offset == 5);
      CHECK(node.places("orders-0", false) == 1);
    });
  }
  SECTION("a sync that fails") {
    interrupt_everywhere([](auto& node, const auto& which, const auto&) {
      node.disk.fail(disk_operation::sync, EIO);
      node.settle();
      node.kill();
      node.disk.cut_power();
      node.start();
      CHECK(node.log_end(which) == 5);
      CHECK(node.places("orders-0", false) == 1);
    });
  }
}

TEST_CASE("a topic that is deleted during a move leaves nothing behind") {
  interrupt_everywhere([](auto& node, const auto&, const auto&) {
    node.remove_topic("orders");
    CHECK(node.places("orders-0", false) == 0);
    const auto again = node.create("orders", 1);
    CHECK(node.append({again, 0}, "new").base_offset == 0);
    CHECK(node.places("orders-0", false) == 1);
  });
}

TEST_CASE(
    "a topic deleted while its replica moves within, and away from, its broker is removed once") {
  for (const int between : {0, 5, 20}) {
    interrupt_everywhere<reassigned_fixture>([&](auto& node, const auto& which, const auto&) {
      node.finish_reassignment(which);
      node.step(between);
      node.remove_topic("orders");
      CHECK(node.places("orders-0", false) == 0);
      REQUIRE(node.image()->find_deleted(which.topic_id) != nullptr);
      CHECK(node.image()->find_deleted(which.topic_id)->pending == std::vector<broker_id>{2});
      node.second->close();
      node.settle_both();
      const auto again = node.create("orders", 1);  // and it goes on
      CHECK(node.append({again, 0}, "new").base_offset == 0);
    });
  }
}

TEST_CASE("clients that have found a partition do not notice that it moves") {
  interrupt_everywhere([](auto& node, const auto& which, const auto& away) {
    const auto handle = node.running->services().partitions->find(which);
    REQUIRE(handle);
    std::vector<std::shared_ptr<expected_answer<append_result>>> answers;
    for (int i = 0; i < 3; ++i) {
      answers.push_back(node.begin_append(handle));
      node.scheduler().try_run_once();
    }
    node.settle();
    for (int i = 0; i < 3; ++i) {
      REQUIRE(answers[i]->value);
      CHECK(answers[i]->value->error == error_code::none);
      CHECK(answers[i]->value->base_offset == 5 + i);
    }
    CHECK(node.directory_of(which) == away);
    CHECK(node.append(which, "more").base_offset == 8);
  });
}

TEST_CASE_METHOD(moving_fixture,
                 "an old log of a deleted topic does not take the place of its successor's") {
  const topic_id_partition which{create_filled("orders", 5), 0};
  move("orders", 0, "/disk/b");
  settle();
  CHECK(stop());
  disk.put("/disk/a/orders-0/partition.metadata", encode_partition_metadata(uuid{{std::byte{7}}}));
  start();
  CHECK(directory_of(which) == "/disk/b");
  CHECK(log_end(which) == 5);
  move("orders", 0, "/disk/a");
  settle();
  CHECK(directory_of(which) == "/disk/a");
  CHECK(log_end(which) == 5);
  CHECK(places("orders-0", false) == 2);  // the other one is kept as a stray
}
