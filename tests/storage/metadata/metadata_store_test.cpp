// One suite for every metadata store: whatever passes it can hold a cluster.
#include "storage/metadata/metadata_store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "protocol/endian.hpp"
#include "storage/metadata/cluster_records.hpp"
#include "storage/metadata/sqlite_metadata_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_metadata_store.hpp"
#include "tests/support/task_queue.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ottla {
namespace {

using kind = store_write::kind;
using status = commit_result::status;

/// A place that keeps metadata; sessions on it come one after the other.
class sqlite_place {
public:
  std::unique_ptr<metadata_store> open(store_executor executor) {
    auto store = open_sqlite_metadata_store(path(), std::move(executor));
    REQUIRE(store);
    return std::move(*store);
  }
  [[nodiscard]] std::string path() const { return directory_.path() + "/" + embedded_store_file; }

private:
  temporary_directory directory_;
};

class memory_place {
public:
  std::unique_ptr<metadata_store> open(store_executor executor) {
    return ensemble_.connect(std::move(executor));
  }

private:
  memory_ensemble ensemble_;
};

/// A session with calls that wait for their answer.
class session {
public:
  template <class Place>
  explicit session(Place& place) : store_(place.open(tasks_.executor())) {
    store_->start({.session = [this](session_event event) { events.push_back(event); },
                   .changed = [this](const std::string& path) { changed.push_back(path); }});
    tasks_.run();
  }
  ~session() { store_->close(); }

  commit_result commit(std::vector<store_write> steps) {
    std::optional<commit_result> answer;
    store_->commit(std::move(steps), [&](commit_result result) { answer = std::move(result); });
    CHECK(!answer);  // Never inside the call.
    tasks_.run();
    REQUIRE(answer);
    return *answer;
  }
  stored_node read(const std::string& path) { return read_all({path}).front(); }
  std::vector<stored_node> read_all(std::vector<std::string> paths) {
    std::optional<outcome<std::vector<stored_node>>> answer;
    store_->read(std::move(paths), [&](auto result) { answer = std::move(result); });
    tasks_.run();
    REQUIRE(answer);
    REQUIRE(*answer);
    return **answer;
  }
  std::vector<std::string> list(const std::string& path) {
    std::optional<outcome<std::vector<std::string>>> answer;
    store_->list(path, [&](auto result) { answer = std::move(result); });
    tasks_.run();
    REQUIRE(answer);
    REQUIRE(*answer);
    return **answer;
  }
  bool sync() {
    std::optional<outcome<void>> answer;
    store_->sync([&](auto result) { answer = std::move(result); });
    tasks_.run();
    REQUIRE(answer);
    return static_cast<bool>(*answer);
  }
  metadata_store& store() { return *store_; }
  void run() { tasks_.run(); }

  std::vector<session_event> events;
  std::vector<std::string> changed;

private:
  task_queue tasks_;
  std::unique_ptr<metadata_store> store_;
};

store_write create(std::string path, std::string_view value = "") {
  return {.what = kind::create, .path = std::move(path), .value = shared_bytes::copy_of(value)};
}
store_write set(std::string path, node_version version, std::string_view value) {
  return {.what = kind::set,
          .path = std::move(path),
          .version = version,
          .value = shared_bytes::copy_of(value)};
}
store_write check(std::string path, node_version version) {
  return {.what = kind::check, .path = std::move(path), .version = version};
}
store_write remove(std::string path, node_version version = any_version) {
  return {.what = kind::remove, .path = std::move(path), .version = version};
}
store_write ephemeral(std::string path, std::string_view value = "") {
  return {.what = kind::create_ephemeral,
          .path = std::move(path),
          .value = shared_bytes::copy_of(value)};
}

}  // namespace

TEMPLATE_TEST_CASE("a node counts its changes from zero", "[store]", sqlite_place, memory_place) {
  TestType place;
  session one(place);
  CHECK(one.events == std::vector{session_event::connected});
  CHECK_FALSE(one.read("/a").exists());
  CHECK(one.read("/a").version == absent_version);
  CHECK(one.commit({create("/a", "first")}).committed());
  CHECK(one.read("/a").version == 0);
  CHECK(as_text(one.read("/a").value.view()) == "first");
  CHECK(one.commit({set("/a", 0, "second")}).committed());
  CHECK(one.commit({set("/a", any_version, "")}).committed());
  CHECK(one.read("/a").version == 2);
  CHECK(one.read("/a").value.empty());
  CHECK(one.commit({remove("/a", 2)}).committed());
  CHECK_FALSE(one.read("/a").exists());
}

TEMPLATE_TEST_CASE("a commit happens whole or not at all", "[store]", sqlite_place, memory_place) {
  TestType place;
  session one(place);
  REQUIRE(one.commit({create("/epoch"), create("/a", "1")}).committed());
  auto stale = one.commit({set("/a", 0, "2"), create("/b"), check("/epoch", 7)});
  CHECK(stale.what == status::conflict);
  CHECK(stale.conflicting_step == 2);
  CHECK(one.read("/a").version == 0);
  CHECK_FALSE(one.read("/b").exists());
  CHECK(one.commit({create("/a")}).what == status::conflict);
  CHECK(one.commit({set("/nowhere", any_version, "")}).what == status::conflict);
  CHECK(one.commit({remove("/nowhere")}).what == status::conflict);
  CHECK(one.commit({check("/nowhere", any_version)}).what == status::conflict);
  CHECK(one.commit({check("/epoch", 0), set("/a", 0, "2"), create("/b")}).committed());
  CHECK(as_text(one.read("/a").value.view()) == "2");
}

TEMPLATE_TEST_CASE("steps of a commit see the earlier ones", "[store]", sqlite_place,
                   memory_place) {
  TestType place;
  session one(place);
  CHECK(one.commit({create("/a", "1"), set("/a", 0, "2"), check("/a", 1)}).committed());
  CHECK(one.commit({remove("/a", 1), create("/a", "3")}).committed());
  CHECK(one.read("/a").version == 0);
}

TEMPLATE_TEST_CASE("many nodes are read in the order asked for", "[store]", sqlite_place,
                   memory_place) {
  TestType place;
  session one(place);
  REQUIRE(one.commit({create("/a", "A"), create("/b", "B")}).committed());
  auto nodes = one.read_all({"/b", "/none", "/a"});
  REQUIRE(nodes.size() == 3);
  CHECK(as_text(nodes[0].value.view()) == "B");
  CHECK_FALSE(nodes[1].exists());
  CHECK(nodes[2].path == "/a");
}

TEMPLATE_TEST_CASE("a list holds the names directly below", "[store]", sqlite_place, memory_place) {
  TestType place;
  session one(place);
  REQUIRE(one.commit({create("/brokers/2"), create("/brokers/10"), create("/brokers/10/deep"),
                      create("/brokersX/1"), create("/brokers-old/1")})
              .committed());
  CHECK(one.list("/brokers") == std::vector<std::string>{"10", "2"});
  CHECK(one.list("/empty").empty());
}

TEMPLATE_TEST_CASE("ephemeral nodes go with their session, and creation ids only rise", "[store]",
                   sqlite_place, memory_place) {
  TestType place;
  creation_id first = 0;
  {
    session one(place);
    auto result = one.commit({ephemeral("/brokers/1", "me"), create("/lasting")});
    REQUIRE(result.committed());
    first = result.id;
    CHECK(first > 0);
    CHECK(one.read("/brokers/1").created == first);
    CHECK(one.read("/lasting").created == first);
    REQUIRE(one.commit({set("/brokers/1", 0, "still me")}).committed());
    CHECK(one.read("/brokers/1").created == first);
  }
  session two(place);
  CHECK_FALSE(two.read("/brokers/1").exists());
  CHECK(two.read("/lasting").created == first);
  auto again = two.commit({ephemeral("/brokers/1")});
  REQUIRE(again.committed());
  CHECK(again.id > first);
  CHECK(two.commit({create("/another")}).id > again.id);
}

TEMPLATE_TEST_CASE("a closed session refuses everything", "[store]", sqlite_place, memory_place) {
  TestType place;
  session one(place);
  one.store().close();
  CHECK(one.commit({create("/a")}).what == status::refused);
  CHECK_FALSE(one.sync());
}

TEMPLATE_TEST_CASE("a watch reports one change", "[store]", sqlite_place, memory_place) {
  TestType place;
  session one(place);
  one.store().watch("/a");
  REQUIRE(one.commit({create("/b"), check("/b", 0)}).committed());
  CHECK(one.changed.empty());
  REQUIRE(one.commit({create("/a")}).committed());
  CHECK(one.changed == std::vector<std::string>{"/a"});
  REQUIRE(one.commit({set("/a", 0, "x")}).committed());
  CHECK(one.changed.size() == 1);
  one.store().watch("/a");
  REQUIRE(one.commit({check("/a", 9)}).what == status::conflict);
  CHECK(one.changed.size() == 1);
  REQUIRE(one.commit({remove("/a")}).committed());
  CHECK(one.changed.size() == 2);
}

TEMPLATE_TEST_CASE("a watch on a list reports a new and a vanished node", "[store]", sqlite_place,
                   memory_place) {
  TestType place;
  session one(place);
  one.store().watch_children("/brokers");
  REQUIRE(one.commit({ephemeral("/brokers/1")}).committed());
  CHECK(one.changed == std::vector<std::string>{"/brokers"});
  one.store().watch_children("/brokers");
  REQUIRE(one.commit({set("/brokers/1", 0, "x")}).committed());
  CHECK(one.changed.size() == 1);
  REQUIRE(one.commit({remove("/brokers/1")}).committed());
  CHECK(one.changed.size() == 2);
}

TEMPLATE_TEST_CASE("a commit above the limit is refused", "[store]", sqlite_place, memory_place) {
  TestType place;
  session one(place);
  CHECK(one.commit({create("/a", std::string(commit_bytes_max, 'x'))}).what == status::refused);
  CHECK(one.commit({create("/a", std::string(commit_bytes_target, 'x'))}).committed());
  CHECK(one.read("/a").value.size() == commit_bytes_target);
}

TEMPLATE_TEST_CASE("10,000 topics with names of 249 bytes fit and come back", "[store]",
                   sqlite_place, memory_place) {
  constexpr int32_t topics = 10'000, bucket_count = 256;
  std::vector<bucket_record> buckets(bucket_count);
  for (int32_t i = 0; i < topics; ++i) {
    uuid id;
    store_big_endian(id.bytes.data() + 8, static_cast<uint64_t>(i) * 0x9e3779b97f4a7c15u);
    id.bytes[0] = std::byte{1};
    auto name = fmt::format("{:0>249}", i);
    auto& bucket = buckets[static_cast<size_t>(bucket_of(id, 0, bucket_count))];
    bucket.topics.push_back({.id = id, .name = name, .partition_count = 1});
    bucket.blocks.push_back({.topic_id = id, .number = 0, .partitions = {{.replicas = {1}}}});
  }
  for (auto& bucket : buckets) {
    std::ranges::sort(bucket.topics, {}, &topic_record::id);
    std::ranges::sort(bucket.blocks, {}, &partition_block::topic_id);
  }
  TestType place;
  {
    session one(place);
    std::vector<store_write> steps;
    size_t bytes = 0;
    for (size_t i = 0; i < buckets.size(); ++i) {
      auto value = encode_record(buckets[i]);
      if (bytes + value.size() > commit_bytes_target) {
        REQUIRE(one.commit(std::exchange(steps, {})).committed());
        bytes = 0;
      }
      bytes += value.size();
      steps.push_back(
          {.what = kind::create, .path = fmt::format("/buckets/{}", i), .value = value});
    }
    REQUIRE(one.commit(std::move(steps)).committed());
  }
  session two(place);
  std::vector<std::string> paths;
  for (int32_t i = 0; i < bucket_count; ++i) paths.push_back(fmt::format("/buckets/{}", i));
  auto nodes = two.read_all(paths);
  size_t found = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    auto bucket = decode_record<bucket_record>(nodes[i].value.view());
    REQUIRE(bucket);
    REQUIRE(*bucket == buckets[i]);
    found += bucket->topics.size();
  }
  CHECK(found == topics);
}

TEST_CASE("an embedded store keeps what was committed when its process is killed") {
  sqlite_place place;
  auto copy = place.path() + ".copy";
  {
    session one(place);
    REQUIRE(one.commit({create("/a", "kept"), ephemeral("/brokers/1")}).committed());
    // The files as a killed process leaves them: nothing was closed or checkpointed.
    std::filesystem::copy_file(place.path(), copy);
    std::filesystem::copy_file(place.path() + "-wal", copy + "-wal");
  }
  std::filesystem::rename(copy, place.path());
  std::filesystem::rename(copy + "-wal", place.path() + "-wal");
  session two(place);
  CHECK(as_text(two.read("/a").value.view()) == "kept");
  CHECK_FALSE(two.read("/brokers/1").exists());
}

TEST_CASE("an embedded store belongs to one process") {
  sqlite_place place;
  session one(place);
  task_queue tasks;
  auto second = open_sqlite_metadata_store(place.path(), tasks.executor());
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("in use") != std::string::npos);
}

TEST_CASE("an embedded store refuses a newer format, another program's file, and rubbish") {
  sqlite_place place;
  {
    session one(place);
  }
  task_queue tasks;
  auto run = [&](const char* sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(place.path().c_str(), &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
  };
  SECTION("newer") {
    run("PRAGMA user_version = 2");
    auto store = open_sqlite_metadata_store(place.path(), tasks.executor());
    REQUIRE_FALSE(store);
    CHECK(store.error().code == error_code::unsupported_version);
    CHECK(store.error().message.find("newer version") != std::string::npos);
  }
  SECTION("another program's") {
    run("PRAGMA application_id = 42");
    auto store = open_sqlite_metadata_store(place.path(), tasks.executor());
    REQUIRE_FALSE(store);
    CHECK(store.error().message.find("another program") != std::string::npos);
  }
  SECTION("rubbish") {
    std::ofstream(place.path(), std::ios::trunc) << std::string(8192, 'x');
    auto store = open_sqlite_metadata_store(place.path(), tasks.executor());
    CHECK_FALSE(store);
  }
  SECTION("no directory") {
    CHECK_FALSE(open_sqlite_metadata_store("/nonexistent/directory/x", tasks.executor()));
  }
}

}  // namespace ottla
