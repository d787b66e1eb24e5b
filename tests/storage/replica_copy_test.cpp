#include "storage/replica_copy.hpp"

#include <cerrno>
#include <map>

#include "protocol/shared_bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_file_system.hpp"

using namespace ottla;

namespace {

const std::string first = "00000000000000000000";
const std::string second = "00000000000000000010";

struct copy_fixture {
  copy_fixture() {
    REQUIRE(disk.create_directories("/a/t-0"));
    REQUIRE(disk.create_directories("/b/copy"));
    put(first + ".log", std::string(3 << 20, 'x'));
    put(first + ".index", "index");
    put(second + ".log", "abc");
    put(second + ".index", "open");
    put("partition.metadata", "id");
  }
  void put(const std::string& name, std::string_view contents) {
    disk.put("/a/t-0/" + name, contents);
  }
  void append(const std::string& name, std::string_view contents) {
    auto opened = disk.open("/a/t-0/" + name, open_mode::create);
    REQUIRE(opened);
    REQUIRE((*opened)->write_at(as_byte_span(contents), *(*opened)->size()));
  }
  replica_copy::progress pass() {
    for (;;) {
      auto done = copy.step();
      REQUIRE(done);
      if (done->is_close) return *done;
    }
  }
  /// Both directories hold the same, also after the power is cut.
  void check_equal() {
    disk.cut_power();
    std::map<std::string, std::string> here, there;
    for (const auto& path : disk.paths()) {
      if (path.starts_with("/a/t-0/")) here[path.substr(7)] = disk.contents(path);
      if (path.starts_with("/b/copy/")) there[path.substr(8)] = disk.contents(path);
    }
    CHECK(here == there);
    CHECK(here.size() >= 3);
  }

  memory_file_system disk;
  replica_copy copy{disk, "/a/t-0", "/b/copy"};
};

}  // namespace

TEST_CASE_METHOD(copy_fixture, "a log is copied while it grows, and is equal at the end") {
  CHECK(pass().size_bytes == (3 << 20) + 3);
  append(second + ".log", "def");
  CHECK(pass().size_bytes == (3 << 20) + 6);
  append(second + ".log", "ghi");
  put(second + ".index", "whole");
  put("00000000000000000020.log", "new");
  put("00000000000000000020.snapshot", "producers");
  REQUIRE(disk.sync_directory("/a/t-0"));
  {
    auto opened = disk.open("/a/t-0/" + second + ".log", open_mode::read_write);
    REQUIRE((*opened)->sync());
  }
  REQUIRE(copy.finish());
  check_equal();
}

TEST_CASE_METHOD(copy_fixture, "an append that failed and was written over is not in the copy") {
  put(second + ".log", "abc-torn");
  pass();
  SECTION("other bytes of the same length") {
    put(second + ".log", "abc-good");
  }
  SECTION("nothing behind it") {
    put(second + ".log", "abc");
  }
  SECTION("and the segment has ended since") {
    put(second + ".log", "abc-good");
    put("00000000000000000020.log", "new");
    pass();
  }
  REQUIRE(copy.finish());
  check_equal();
}

TEST_CASE_METHOD(copy_fixture, "segments that retention removes meanwhile go from the copy") {
  pass();
  REQUIRE(disk.remove_file("/a/t-0/" + first + ".log"));
  REQUIRE(disk.remove_file("/a/t-0/" + first + ".index"));
  put("00000000000000000020.log.deleted", "not to be copied");
  REQUIRE(disk.sync_directory("/a/t-0"));
  REQUIRE(copy.finish());
  REQUIRE(disk.remove_file("/a/t-0/00000000000000000020.log.deleted"));
  REQUIRE(disk.sync_directory("/a/t-0"));
  check_equal();
}

TEST_CASE_METHOD(copy_fixture, "a disk that fails ends the copy with its fault") {
  SECTION("while reading") {
    disk.fail(disk_operation::read, EIO);
  }
  SECTION("while writing") {
    disk.fail(disk_operation::write, EIO);
  }
  SECTION("while syncing") {
    disk.fail(disk_operation::sync, EIO);
  }
  CHECK_FALSE(copy.step());
}
