#include "actors/group/java_string.hpp"

#include "tests/support/catch.hpp"

using namespace ottla;

TEST_CASE("text hashes and measures as in Java") {
  struct {
    const char* text;
    int32_t hash;
    size_t length;
    int32_t partition_of_50;
  } const cases[] = {
      {"", 0, 0, 0},
      {"g", 103, 1, 3},
      {"group", 98629247, 5, 47},
      {"gr\xc3\xbcppe", -1233264812, 6, 12},
      {"\xf0\x9f\x98\x80-group", -1198440043, 8, 43},
      {"console-consumer-12345", 158455506, 22, 6},
      {"polygenelubricants", INT32_MIN, 18, 0},
      {"connect-cluster", 1440343063, 15, 13},
      {"a-very-long-group-name-with-many-characters-0123456789", -1005902765, 54, 15},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    CHECK(java_hash(one.text) == one.hash);
    CHECK(java_length(one.text) == one.length);
    CHECK(coordinator_partition(one.text, 50) == one.partition_of_50);
  }
}

TEST_CASE("bytes that are no UTF-8 count as one replacement character each") {
  CHECK(java_length("\xff\xfe") == 2);
  CHECK(java_length("\xc3") == 1);
  CHECK(java_length("\xed\xa0\x80") == 3);  // A surrogate has no place in UTF-8.
  CHECK(java_length("\xc0\x80") == 2);      // Nor has a character in more bytes than it needs.
  CHECK(java_hash("\xff") == 0xFFFD);
}
