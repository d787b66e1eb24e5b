// A log directory that Apache Kafka 4.3 wrote and shut down cleanly opens here as it is.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "storage/log_directory.hpp"
#include "tests/storage/log_fixture.hpp"

namespace ottla {
namespace {

void load_fixture(memory_file_system& disk) {
  const std::filesystem::path root = OTTLA_STORAGE_FIXTURES "/kafka-4.3";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream contents;
    contents << in.rdbuf();
    disk.put("data/" + std::filesystem::relative(entry.path(), root).string(), contents.str());
  }
}

TEST_CASE("a log directory of Apache Kafka opens here, with all it says") {
  log_fixture fixture;
  load_fixture(fixture.disk);
  auto directory = log_directory::open(fixture.disk, "data", {"5L6g3nShT-eMCtK--X86sw", 1, {}, {}});
  if (!directory) FAIL(directory.error().message);
  CHECK((*directory)->last() == last_shutdown::clean);
  CHECK((*directory)->notes().empty());
  CHECK((*directory)->recovery_points() == offset_checkpoint{{{"orders", 0}, 60}});
  auto partitions = (*directory)->partitions();
  REQUIRE(partitions);
  REQUIRE(partitions->size() == 1);
  CHECK(partitions->front().topic_id->to_string() == "qkEaZzdETG25ErJ9BzSv9g");

  fixture.options.segment_ms = INT64_MAX;
  const auto context = (*directory)->context_for({"orders", 0}, test_now);
  fixture.must_open(context.last, context.recovery_point);
  auto& log = *fixture.log;
  CHECK(log.recovered().indexes_rebuilt == 0);
  CHECK(log.recovered().notes.empty());
  CHECK(log.log_end() == 60);
  CHECK(log.segment_count() == 3);
  CHECK(log.latest_epoch() == 0);
  CHECK(log.producers().size() == 3);
  const auto records = read_all(log, 0, 200);
  CHECK(records.size() == 60);
  CHECK(records.at(0) == "value 1 1");
  CHECK(records.at(59) == "value 3 20");
  CHECK(fixture.must_append({"ours"}).base_offset == 60);
}

TEST_CASE("a log of Apache Kafka also opens after a crash and with its indexes lost") {
  for (const auto last : {last_shutdown::process_crash, last_shutdown::machine_crash}) {
    log_fixture fixture;
    load_fixture(fixture.disk);
    for (const auto& path : fixture.disk.paths()) {
      if (path.ends_with("index")) REQUIRE(fixture.disk.remove_file(path));
    }
    fixture.must_open(last, 40);
    CHECK(fixture.log->log_end() == 60);
    CHECK(read_all(*fixture.log, 0, 200).size() == 60);
    CHECK(fixture.log->recovered().indexes_rebuilt >= 2);
  }
}

}  // namespace
}  // namespace ottla
