#include "storage/free_space.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/memory_file_system.hpp"

namespace ottla {
namespace {

using change = free_space::change;
constexpr int64_t mib = 1 << 20;

struct disk_of_100_mib {
  disk_of_100_mib() { disk.limit_space(100 * mib); }
  void leave(int64_t free_bytes) {
    disk.limit_space(std::nullopt);
    disk.put("filler", std::string(static_cast<size_t>(100 * mib - free_bytes), 'x'));
    disk.limit_space(100 * mib);
  }
  memory_file_system disk;
};

}  // namespace

TEST_CASE("clients leave the reserve alone and go on once half as much again is free") {
  disk_of_100_mib it;
  free_space space(it.disk, "data", 4 * mib);
  CHECK(space.ask(1, 0).has_room);
  it.leave(4 * mib - 1);
  CHECK(space.ask(1, 99).has_room);  // measured a moment ago
  auto refused = space.ask(1, 100);
  CHECK_FALSE(refused.has_room);
  CHECK(refused.what == change::filled);
  it.leave(6 * mib - 1);
  refused = space.ask(1, 200);
  CHECK_FALSE(refused.has_room);
  CHECK(refused.what == change::none);  // said once
  it.leave(6 * mib);
  CHECK_FALSE(space.ask(1, 299).has_room);
  auto taken = space.ask(1, 300);
  CHECK(taken.has_room);
  CHECK(taken.what == change::freed);
}

TEST_CASE("a fast producer cannot use up the reserve between two measurements") {
  disk_of_100_mib it;
  free_space space(it.disk, "data", 4 * mib);
  int64_t free_bytes = 100 * mib;
  while (space.ask(mib, 0).has_room) {
    free_bytes -= mib;
    REQUIRE(free_bytes >= 4 * mib);
    it.leave(free_bytes);
  }
  CHECK(free_bytes == 4 * mib);
}

TEST_CASE("one large batch cannot use up the reserve either") {
  disk_of_100_mib it;
  it.leave(5 * mib);
  free_space space(it.disk, "data", 4 * mib);
  CHECK(space.ask(mib, 0).has_room);
  free_space another(it.disk, "data", 4 * mib);
  CHECK_FALSE(another.ask(mib + 1, 0).has_room);
  it.leave(6 * mib);
  CHECK_FALSE(another.ask(2 * mib + 1, 100).has_room);
  CHECK(another.ask(2 * mib, 200).has_room);
}

TEST_CASE("a disk that somebody else has just filled costs at most a quarter of the reserve") {
  disk_of_100_mib it;
  free_space space(it.disk, "data", 4 * mib);
  CHECK(space.ask(1, 0).has_room);
  it.leave(4 * mib);
  int64_t granted = 0;
  while (space.ask(1024, 0).has_room) granted += 1024;
  CHECK(granted <= mib);
}

TEST_CASE("the reserve is at most a tenth of a small disk, and none if it is not wanted") {
  disk_of_100_mib it;
  it.leave(11 * mib);
  free_space large(it.disk, "data", int64_t{1} << 40);
  CHECK(large.ask(1, 0).has_room);
  it.leave(9 * mib);
  CHECK_FALSE(large.ask(1, 1'000).has_room);
  it.leave(0);
  free_space none(it.disk, "data", 0);
  CHECK(none.ask(mib, 0).has_room);
}

TEST_CASE("a disk that was found full is tried again, and is news only after a while") {
  disk_of_100_mib it;
  free_space space(it.disk, "data", 0);
  CHECK(space.wrote(0) == change::none);
  CHECK(space.found_full(1'000) == change::filled);
  CHECK(space.ask(1, 1'001).has_room);
  CHECK(space.wrote(1'001) == change::none);
  CHECK(space.found_full(2'000) == change::none);
  CHECK(space.wrote(6'999) == change::none);
  CHECK(space.wrote(7'000) == change::freed);
  CHECK(space.found_full(8'000) == change::filled);
}

TEST_CASE("a disk that cannot be measured is left to the writes") {
  class unmeasurable final : public file_system {
  public:
    outcome<std::shared_ptr<file>> open(const std::string&, open_mode) override { return bad(); }
    outcome<void> rename(const std::string&, const std::string&) override { return bad(); }
    outcome<void> remove_file(const std::string&) override { return bad(); }
    outcome<void> create_directories(const std::string&) override { return bad(); }
    outcome<void> remove_all(const std::string&) override { return bad(); }
    outcome<std::vector<directory_entry>> list(const std::string&) override { return bad(); }
    outcome<bool> exists(const std::string&) override { return bad(); }
    outcome<void> sync_directory(const std::string&) override { return bad(); }
    outcome<disk_space> space(const std::string&) override { return bad(); }
    outcome<std::unique_ptr<directory_lock>> lock(const std::string&) override { return bad(); }
    outcome<mount_identity> identify_mount(const std::string&) override { return bad(); }

  private:
    static fault bad() { return {error_code::kafka_storage_error, "no", EIO}; }
  } disk;
  free_space space(disk, "data", mib);
  CHECK(space.ask(mib, 0).has_room);
  CHECK(space.ask(mib, 5'000).has_room);
}

}  // namespace ottla
