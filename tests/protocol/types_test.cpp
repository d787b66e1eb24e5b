#include "protocol/types.hpp"

#include "tests/support/catch.hpp"

using namespace ottla;

TEST_CASE("a topic id prints as Kafka prints it and reads back") {
  uuid id;
  for (size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::byte>(i * 17);
  CHECK(id.to_string() == "ABEiM0RVZneImaq7zN3u_w");
  CHECK(uuid::parse(id.to_string()) == id);
  CHECK(uuid{}.to_string() == "AAAAAAAAAAAAAAAAAAAAAA");
}

TEST_CASE("a text that is no topic id is refused") {
  CHECK_FALSE(uuid::parse(""));
  CHECK_FALSE(uuid::parse("AAAAAAAAAAAAAAAAAAAAA"));
  CHECK_FALSE(uuid::parse("AAAAAAAAAAAAAAAAAAAAAB"));  // bits beyond the 128th
  CHECK_FALSE(uuid::parse("AAAAAAAAAAAAAAAAAAAA+A"));
}
