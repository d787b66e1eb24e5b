#include "cli/output.hpp"

#include "cli/json.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

TEST_CASE("columns of a table are as wide as their widest cell, numbers to the right") {
  text_table table({{"NAME"}, {"COUNT", alignment::right}, {""}});
  table.add({"a", "1,000,000", "x"});
  table.add({"größer", "7", ""});
  CHECK(table.to_text() ==
        "NAME        COUNT\n"
        "a       1,000,000  x\n"
        "größer          7\n");
}

TEST_CASE("a table without rows prints nothing") {
  text_table table({{"NAME"}});
  CHECK(table.empty());
  CHECK(table.to_text().empty());
}

TEST_CASE("large numbers have separators") {
  CHECK(with_separators(0) == "0");
  CHECK(with_separators(999) == "999");
  CHECK(with_separators(1'000) == "1,000");
  CHECK(with_separators(-1'234'567) == "-1,234,567");
  CHECK(with_separators(-100) == "-100");
  CHECK(with_separators(INT64_MIN) == "-9,223,372,036,854,775,808");
}

TEST_CASE("sizes and durations are readable") {
  CHECK(readable_bytes(0) == "0 B");
  CHECK(readable_bytes(1'536) == "1.5 KiB");
  CHECK(readable_bytes(1LL << 40) == "1.0 TiB");
  CHECK(readable_duration(0) == "0ms");
  CHECK(readable_duration(90'061'000) == "1d 1h");
  CHECK(readable_duration(1'500) == "1s 500ms");
}

TEST_CASE("JSON is indented, lists of numbers stay on one line, text is escaped") {
  namespace json = boost::json;
  json::object object{{"a", json::array{1, 2}},
                      {"b", json::array{json::object{{"c", "x\"\n"}}}},
                      {"d", nullptr},
                      {"e", json::object{}}};
  CHECK(to_json_text(object) ==
        "{\n  \"a\": [1,2],\n  \"b\": [\n    {\n      \"c\": \"x\\\"\\n\"\n    }\n  ],\n"
        "  \"d\": null,\n  \"e\": {}\n}\n");
  CHECK(to_json_text(json::array{}) == "[]\n");
}

}  // namespace
}  // namespace ottla
