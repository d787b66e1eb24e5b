#include "actors/broker/log_dirs.hpp"

#include <cerrno>

#include "tests/support/catch.hpp"
#include "tests/support/memory_file_system.hpp"

namespace ottla {
namespace {

/// A node with the log directories "a" and "b".
struct two_directories {
  two_directories() {
    config.node_id = 1;
    config.log_dirs = {"a", "b"};
  }

  outcome<opened_log_dirs> open() { return open_log_dirs(disk, config, random); }
  opened_log_dirs must_open() {
    auto opened = open();
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  }

  memory_file_system disk;
  broker_config config;
  random_source random{1};
};

}  // namespace

TEST_CASE("new directories get one cluster, which later starts find again") {
  two_directories node;
  const auto cluster = node.must_open().cluster_id;
  CHECK_FALSE(cluster.empty());
  const auto again = node.must_open();
  CHECK(again.cluster_id == cluster);
  CHECK(again.directories.size() == 2);
  CHECK_FALSE(again.is_any_left_out);
  CHECK(again.warnings.empty());
}

TEST_CASE("a directory that cannot be used is left out, and the start says so") {
  two_directories node;
  const auto cluster = node.must_open().cluster_id;
  SECTION("not writable") {
    node.disk.fail(disk_operation::write, EROFS);
  }
  SECTION("not to be listed") {
    node.disk.fail(disk_operation::list, EIO);
  }
  const auto opened = node.must_open();
  CHECK(opened.cluster_id == cluster);
  CHECK(opened.directories.size() == 1);
  CHECK(opened.is_any_left_out);
  REQUIRE(opened.warnings.size() == 1);
  CHECK(opened.warnings[0].find("a is left out") != std::string::npos);
}

TEST_CASE("a cluster id is not invented while a directory that may have one cannot be read") {
  two_directories node;
  node.config.log_dirs = {"a"};
  const auto cluster = node.must_open().cluster_id;
  node.config.log_dirs = {"a", "b"};
  node.disk.fail(disk_operation::open, EIO);
  auto refused = node.open();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().os_errno == EIO);
  CHECK(node.must_open().cluster_id == cluster);
}

TEST_CASE("a directory that another process uses refuses the start, whatever others there are") {
  two_directories node;
  const auto first = node.must_open();
  auto second = node.open();
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("locked") != std::string::npos);
}

TEST_CASE("a bad checkpoint is a warning that names its directory") {
  two_directories node;
  (void)node.must_open();
  node.disk.put("b/recovery-point-offset-checkpoint", "nonsense");
  const auto opened = node.must_open();
  REQUIRE(opened.warnings.size() == 1);
  CHECK(opened.warnings[0].starts_with("b: "));
}

TEST_CASE("when no directory works the start is refused with the reason of the last one") {
  two_directories node;
  (void)node.must_open();
  node.disk.set_read_only(true);
  auto refused = node.open();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("log directory b") != std::string::npos);
}

}  // namespace ottla
