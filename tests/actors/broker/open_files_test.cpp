#include "actors/broker/open_files.hpp"

#include "tests/support/catch.hpp"

using namespace ottla;

TEST_CASE("descriptors are shared between segments and connections, and some are kept") {
  broker_config config;
  for (const size_t limit : {256, 1024, 65'536, 1'048'576}) {
    const auto plan = plan_open_files(limit, config);
    REQUIRE(plan);
    CHECK(plan->log_files >= 16);
    CHECK(plan->connections_max >= 16);
    CHECK(plan->log_files + static_cast<size_t>(plan->connections_max) + 64 <= limit);
    CHECK(plan->warnings.empty());
  }
}

TEST_CASE("what does not fit below the limit of open files is said at the start") {
  broker_config config;
  config.connections_max = 1000;
  const auto plan = plan_open_files(1024, config);
  REQUIRE(plan);
  REQUIRE(plan->warnings.size() == 1);
  CHECK(plan->warnings[0].find("max.connections=1000") != std::string::npos);
  CHECK(plan->connections_max < 1000);
  CHECK(plan_open_files(4096, config)->warnings.empty());
  config.open_files_max = 1000;
  CHECK_FALSE(plan_open_files(1024, config));
  CHECK_FALSE(plan_open_files(64, {}));
}
