#include "cli/partition_names.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

TEST_CASE("a topic or one of its partitions is named") {
  CHECK(*parse_partition_name("orders") == partition_name{"orders", std::nullopt});
  CHECK(*parse_partition_name("orders/12") == partition_name{"orders", 12});
  for (const char* wrong : {"", "/1", "orders/", "orders/x", "orders/-1", "orders/1/2"}) {
    CHECK_FALSE(parse_partition_name(wrong));
  }
}

TEST_CASE("names mean partitions, and no names mean all") {
  CHECK(is_meant({}, {"a", 1}));
  CHECK(is_meant({{"a", std::nullopt}}, {"a", 1}));
  CHECK(is_meant({{"b", 0}, {"a", 1}}, {"a", 1}));
  CHECK_FALSE(is_meant({{"a", 0}, {"b", std::nullopt}}, {"a", 1}));
}

TEST_CASE("broker ids come in a list without repetition") {
  CHECK(*parse_broker_ids("3") == std::vector<broker_id>{3});
  CHECK(*parse_broker_ids("3,1,2") == std::vector<broker_id>{3, 1, 2});
  for (const char* wrong : {"", "1,", ",1", "1,1", "a", "-1", "1 2"}) {
    CHECK_FALSE(parse_broker_ids(wrong));
  }
}

}  // namespace
}  // namespace ottla
