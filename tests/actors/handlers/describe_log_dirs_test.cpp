#include "actors/handlers/describe_log_dirs.hpp"

#include "tests/support/catch.hpp"

namespace ottla {

TEST_CASE("log directories are described with their partitions and room, failed ones as failed") {
  auto partition = [](std::string topic, int32_t index, std::string directory) {
    partition_description made;
    made.which = {std::move(topic), index};
    made.log_directory = std::move(directory);
    made.size_bytes = 100 + index;
    made.high_watermark = made.log_end_offset = 7;
    return made;
  };
  auto space = [](const std::string& path) -> outcome<disk_space> {
    if (path == "/broken") return fault{error_code::kafka_storage_error, "gone"};
    return disk_space{.free_bytes = 5, .total_bytes = 9};
  };
  auto response =
      answer_describe_log_dirs({"/one", "/two/", "/broken"},
                               {partition("t", 1, "/one"), partition("t", 0, "/one"),
                                partition("u", 0, "/two"), partition("v", 0, "/elsewhere")},
                               {{{"t", 1}, "/two", 60, 4}}, space);
  REQUIRE(response.results.size() == 3);
  const auto& one = response.results[0];
  CHECK(one.log_dir == "/one");
  CHECK(one.usable_bytes == 5);
  CHECK(one.total_bytes == 9);
  REQUIRE(one.topics.size() == 1);
  REQUIRE(one.topics[0].partitions.size() == 2);
  CHECK(one.topics[0].partitions[0].partition_index == 0);
  CHECK(one.topics[0].partitions[1].partition_size == 101);
  CHECK(one.topics[0].partitions[1].offset_lag == 0);
  // A replica on its way to another directory is shown there too.
  REQUIRE(response.results[1].topics.size() == 2);
  const auto& coming = response.results[1].topics[0];
  CHECK(coming.name == "t");
  REQUIRE(coming.partitions.size() == 1);
  CHECK(coming.partitions[0].is_future_key);
  CHECK(coming.partitions[0].partition_size == 60);
  CHECK(coming.partitions[0].offset_lag == 3);
  CHECK_FALSE(one.topics[0].partitions[1].is_future_key);
  CHECK(response.results[2].error_code == error_code::kafka_storage_error);
  CHECK(response.results[2].topics.empty());
}

}  // namespace ottla
