#include "storage/metadata/sqlite_metadata_store.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "tests/storage/metadata/store_places.hpp"

namespace ottla {

TEST_CASE("an embedded store keeps what was committed when its process is killed") {
  sqlite_place place;
  auto copy = place.path() + ".copy";
  {
    store_session one(place);
    REQUIRE(one.commit({create("/a", "kept"), ephemeral("/brokers/1")}).committed());
    // The files as a killed process leaves them: nothing was closed or checkpointed.
    std::filesystem::copy_file(place.path(), copy);
    std::filesystem::copy_file(place.path() + "-wal", copy + "-wal");
  }
  std::filesystem::rename(copy, place.path());
  std::filesystem::rename(copy + "-wal", place.path() + "-wal");
  store_session two(place);
  CHECK(as_text(two.read("/a").value.view()) == "kept");
  CHECK_FALSE(two.read("/brokers/1").exists());
}

TEST_CASE("an embedded store belongs to one process") {
  sqlite_place place;
  store_session one(place);
  task_queue tasks;
  auto second = open_sqlite_metadata_store(place.path(), tasks.executor());
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("in use") != std::string::npos);
}

TEST_CASE("an embedded store refuses a newer format, another program's file, and rubbish") {
  sqlite_place place;
  {
    store_session one(place);
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
