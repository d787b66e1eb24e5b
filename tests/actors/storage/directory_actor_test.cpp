#include "actors/storage/directory_actor.hpp"

#include "tests/support/partition_fixture.hpp"

using namespace ottla;

namespace {

constexpr uuid first_topic{{std::byte{1}}};
constexpr uuid second_topic{{std::byte{2}}};

struct directory_fixture : actor_fixture {
  directory_fixture() { start(); }
  ~directory_fixture() override { stop(); }

  void start() {
    auto opened = log_directory::open(disk, "data", {.cluster_id = "c", .node = 1});
    REQUIRE(opened);
    directory = std::move(*opened);
    auto found = directory->partitions();
    REQUIRE(found);
    owner = spawn_blocking<directory_actor>(system(), home(), directory, *found);
  }
  void stop() {
    caf::anon_send_exit(owner, caf::exit_reason::user_shutdown);
    owner = nullptr;
    settle();
    directory.reset();
  }
  template <class Answer, class Question>
  Answer ask(Question question) {
    auto answer = ask_later<Answer>(system(), owner, std::move(question));
    settle();
    REQUIRE(answer->value);
    return *answer->value;
  }
  open_log prepare(const std::string& topic, const uuid& id) {
    auto prepared = ask<prepared_partitions>(prepare_partitions{{{{topic, 0}, id, {}}}});
    REQUIRE(prepared.jobs.size() == 1);
    return prepared.jobs.front();
  }
  [[nodiscard]] size_t directories_like(const std::string& part) const {
    auto all = directory->disk().list("data");
    REQUIRE(all);
    return static_cast<size_t>(std::count_if(all->begin(), all->end(), [&](const auto& each) {
      return each.name.find(part) != std::string::npos;
    }));
  }

  mutable memory_file_system disk{1};
  std::shared_ptr<log_directory> directory;
  directory_handle owner;
};

}  // namespace

TEST_CASE_METHOD(directory_fixture, "a partition gets a directory, the same one ever after") {
  const auto made = prepare("orders", first_topic);
  CHECK_FALSE(made.failure);
  CHECK(made.path == "data/orders-0");
  CHECK(prepare("orders", first_topic).path == made.path);
  stop();
  disk.cut_power();  // creations are synced before they are answered
  start();
  CHECK(prepare("orders", first_topic).path == made.path);
  CHECK(directories_like("stray") == 0);
}

TEST_CASE_METHOD(directory_fixture, "data of another topic of that name is kept, aside") {
  prepare("orders", first_topic);
  stop();
  start();
  const auto made = prepare("orders", second_topic);
  CHECK_FALSE(made.failure);
  CHECK(directories_like("stray") == 1);
  CHECK(directories_like("orders") == 2);
}

TEST_CASE_METHOD(directory_fixture, "only the topic that is named is removed") {
  prepare("orders", first_topic);
  CHECK_FALSE(ask<disk_done>(remove_partition{{"orders", 0}, second_topic}).failure);
  CHECK(directories_like("orders") == 1);
  CHECK_FALSE(ask<disk_done>(remove_partition{{"orders", 0}, first_topic}).failure);
  CHECK(directories_like("orders") == 0);
}

TEST_CASE_METHOD(directory_fixture,
                 "a log that has lost its topic id in a crash is removed with its topic") {
  const auto made = prepare("orders", first_topic);
  stop();
  disk.put(made.path + "/partition.metadata", "");
  start();
  CHECK_FALSE(ask<disk_done>(remove_partition{{"orders", 0}, first_topic}).failure);
  CHECK(directories_like("orders") == 0);
}

TEST_CASE_METHOD(directory_fixture, "a broker that stops leaves removals to its next start") {
  prepare("orders", first_topic);
  std::stop_source stopping;
  stopping.request_stop();
  const remove_partition wanted{{"orders", 0}, first_topic, stopping.get_token()};
  CHECK(ask<disk_done>(wanted).failure);
  CHECK(directories_like("orders") == 1);
  stop();
  start();
  CHECK_FALSE(ask<disk_done>(remove_partition{{"orders", 0}, first_topic}).failure);
  CHECK(directories_like("orders") == 0);
}

TEST_CASE_METHOD(directory_fixture, "checkpoints keep the offsets that are not named") {
  const topic_partition a{"a", 0}, b{"b", 0};
  CHECK_FALSE(ask<disk_done>(save_checkpoints{{{a, 5}}, {{a, 1}}, {{a, 4}}, {}}).failure);
  CHECK_FALSE(ask<disk_done>(save_checkpoints{{{b, 7}}, {}, {{b, 6}}, {{b, 2}}}).failure);
  stop();
  start();
  CHECK(directory->recovery_points() == offset_checkpoint{{a, 5}, {b, 7}});
  CHECK(directory->log_starts() == offset_checkpoint{{a, 1}});
  CHECK(directory->high_watermarks() == offset_checkpoint{{a, 4}, {b, 6}});
  CHECK(directory->clean_points() == offset_checkpoint{{b, 2}});
}

TEST_CASE_METHOD(directory_fixture, "a topic made anew begins at 0, whatever the old one reached") {
  const topic_partition name{"orders", 0};
  prepare("orders", first_topic);
  ask<disk_done>(save_checkpoints{{{name, 1000}}, {{name, 40}}, {{name, 1000}}, {{name, 900}}});
  SECTION("deleted") {
    CHECK_FALSE(ask<disk_done>(remove_partition{name, first_topic}).failure);
  }
  SECTION("set aside") {}
  const auto made = prepare("orders", second_topic);
  CHECK(made.context.recovery_point == 0);
  CHECK(made.context.log_start_offset == 0);
  stop();
  disk.kill_process();
  start();
  const auto again = prepare("orders", second_topic);
  CHECK(again.context.recovery_point == 0);
  CHECK(again.context.log_start_offset == 0);
  CHECK(directory->clean_points().empty());
}

TEST_CASE_METHOD(directory_fixture,
                 "what cannot be forgotten now is forgotten at the next attempt") {
  const topic_partition name{"orders", 0};
  prepare("orders", first_topic);
  ask<disk_done>(save_checkpoints{{{name, 1000}}, {{name, 40}}, {{name, 1000}}, {}});
  ask<disk_done>(remove_partition{name, first_topic});
  disk.fail(disk_operation::sync, EIO);
  CHECK(prepare("orders", second_topic).failure);
  const auto made = prepare("orders", second_topic);
  CHECK_FALSE(made.failure);
  CHECK(made.context.recovery_point == 0);
  CHECK(made.context.log_start_offset == 0);
}

TEST_CASE_METHOD(directory_fixture, "a disk that refuses a directory fails that partition") {
  disk.set_read_only(true);
  CHECK(prepare("orders", first_topic).failure);
  disk.set_read_only(false);
  CHECK_FALSE(prepare("orders", first_topic).failure);
}

TEST_CASE_METHOD(directory_fixture, "after a clean mark the next start trusts the directory") {
  CHECK_FALSE(ask<disk_done>(mark_clean{9}).failure);
  stop();
  start();
  CHECK(directory->last() == last_shutdown::clean);
  stop();
  start();  // without a mark: the process was killed
  CHECK(directory->last() == last_shutdown::process_crash);
}

TEST_CASE_METHOD(directory_fixture, "a log opened again is not judged by how the last run ended") {
  const topic_partition name{"orders", 0};
  prepare("orders", first_topic);
  ask<disk_done>(save_checkpoints{{{name, 10}}, {{name, 4}}, {{name, 10}}, {}});
  CHECK_FALSE(ask<disk_done>(mark_clean{9}).failure);
  stop();
  start();
  CHECK(prepare("orders", first_topic).context.last == last_shutdown::clean);
  partition_to_open wanted{name, first_topic, {}};
  wanted.is_again = true;
  wanted.log_start_offset = 6;  // records were deleted since
  const auto again = ask<prepared_partitions>(prepare_partitions{{wanted}}).jobs.at(0);
  CHECK(again.context.last == last_shutdown::process_crash);
  CHECK(again.context.log_start_offset == 6);
}
