#include "actors/broker/make_metadata_store.hpp"

#include <filesystem>

#include "storage/metadata/sqlite_metadata_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/task_queue.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ottla {
namespace {

std::string refusal(const broker_config& config) {
  task_queue tasks;
  auto store = make_metadata_store(config, tasks.executor());
  return store ? "opened" : store.error().message;
}

}  // namespace

TEST_CASE("without zookeeper.connect the metadata lie in a file of the metadata directory") {
  temporary_directory directory;
  broker_config config;
  config.metadata_dir = directory.path();
  CHECK(refusal(config) == "opened");
  CHECK(std::filesystem::exists(directory.path() + "/" + embedded_store_file));
}

TEST_CASE("zookeeper.connect is where the metadata lie, and a wrong one stops the start") {
  temporary_directory directory;
  broker_config config;
  config.metadata_dir = directory.path();
  config.zookeeper_connection_timeout_ms = 200;
  config.zookeeper_connect = "127.0.0.1:0";
  CHECK(refusal(config).find("'127.0.0.1:0' is not a host:port") != std::string::npos);
  config.zookeeper_connect = "127.0.0.1:1/chroot";  // Nobody listens there.
  CHECK(refusal(config).find("zookeeper.connect=127.0.0.1:1/chroot answers within 200 ms") !=
        std::string::npos);
  CHECK(std::filesystem::is_empty(directory.path()));
}

}  // namespace ottla
