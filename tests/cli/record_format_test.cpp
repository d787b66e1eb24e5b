#include "cli/record_format.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

shown_record sample() {
  return {.topic = "orders",
          .partition = 2,
          .offset = 41,
          .timestamp_ms = 1'500,
          .key = "k",
          .value = "v",
          .headers = {{"source", "web"}, {"none", std::nullopt}}};
}

TEST_CASE("fields stand before the value, separated by tabs") {
  CHECK(format_fields(sample(), "") == "v\n");
  CHECK(format_fields(sample(), "topic,partition,offset,timestamp,key,headers") ==
        "orders\t2\t41\t1970-01-01T00:00:01.500Z\tk\tsource=web,none=(null)\tv\n");
  auto tombstone = sample();
  tombstone.value.reset();
  CHECK(format_fields(tombstone, "key") == "k\t(null)\n");
  CHECK(wrong_fields("offset,key").empty());
  CHECK_FALSE(wrong_fields("offset,colour").empty());
}

TEST_CASE("a record with its key is the line that made it") {
  CHECK(format_keyed(sample(), ": ") == "k: v\n");
  auto without = sample();
  without.key.reset();
  CHECK(format_keyed(without, ": ") == "v\n");
  without.key = "";
  CHECK(format_keyed(without, ": ") == ": v\n");
}

TEST_CASE("sequences stand for characters that are hard to write, and others for themselves") {
  CHECK(unescaped("\\t") == "\t");
  CHECK(unescaped("a\\nb\\\\nc") == "a\nb\\nc");
  CHECK(unescaped("\\0") == std::string(1, '\0'));
  CHECK(unescaped("\\q\\") == "\\q\\");
}

TEST_CASE("a pattern with a sequence that there is not is refused by its name") {
  CHECK(wrong_pattern("").empty());
  CHECK(wrong_pattern("%t-%p@%o %T %k=%v [%h] 100%%q\\n").empty());
  CHECK(wrong_pattern("%v %q").find("there is no %q;") != std::string::npos);
  CHECK(wrong_pattern("100%").find("there is no %;") != std::string::npos);
  CHECK_FALSE(wrong_pattern("%%%").empty());
}

TEST_CASE("a pattern replaces its sequences and keeps the rest") {
  CHECK(format_pattern(sample(), "%t-%p@%o %T %k=%v [%h]\\n") ==
        "orders-2@41 1500 k=v [source=web,none=(null)]\n");
  CHECK(format_pattern(sample(), "100%% \\\\ %x \\") == "100% \\ %x \\");
  CHECK(format_pattern(sample(), std::string("\\0")) == std::string(1, '\0'));
}

TEST_CASE("JSON lines carry text as text and other bytes as base64") {
  CHECK(format_json(sample()) ==
        "{\"topic\":\"orders\",\"partition\":2,\"offset\":41,\"timestamp\":1500,\"key\":\"k\","
        "\"value\":\"v\",\"headers\":[{\"name\":\"source\",\"value\":\"web\"},"
        "{\"name\":\"none\",\"value\":null}]}\n");
  auto binary = sample();
  binary.key.reset();
  binary.value = "\xFF\x00\x01";
  binary.headers.clear();
  CHECK(format_json(binary).find("\"key\":null,\"value_base64\":\"") != std::string::npos);
}

}  // namespace
}  // namespace ottla
