#include "actors/config/properties_file.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

namespace ottla {
namespace {

std::vector<std::pair<std::string, std::string>> read(std::string_view text) {
  auto entries = parse_properties(text);
  REQUIRE(entries);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (auto& entry : *entries) pairs.emplace_back(entry.key, entry.value);
  return pairs;
}

using pairs = std::vector<std::pair<std::string, std::string>>;

TEST_CASE("a properties file takes '=', ':' and blanks between key and value") {
  CHECK(read("a=1\nb: 2\nc 3\n  d \t=  4") ==
        pairs{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  CHECK(read("a==1\nb= :2") == pairs{{"a", "=1"}, {"b", ":2"}});
}

TEST_CASE("a properties file keeps blanks at the end of a value and allows empty values") {
  CHECK(read("a = x  \nb=\nc") == pairs{{"a", "x  "}, {"b", ""}, {"c", ""}});
}

TEST_CASE("comments and empty lines of a properties file are passed over") {
  CHECK(read("# one\n\n   ! two=2\n \t\na=#3") == pairs{{"a", "#3"}});
}

TEST_CASE("a backslash at the end of a line continues it and drops leading blanks") {
  CHECK(read("a=one,\\\n   two,\\\r\n\tthree\nb=2") == pairs{{"a", "one,two,three"}, {"b", "2"}});
  CHECK(read("a=x\\\\\nb=2") == pairs{{"a", "x\\"}, {"b", "2"}});
  CHECK(read("a=x\\") == pairs{{"a", "x"}});
}

TEST_CASE("escapes of a properties file are those of Java") {
  CHECK(read(R"(a\=b\:c\ d=\t\n\r\f\\\q)") == pairs{{"a=b:c d", "\t\n\r\f\\q"}});
  CHECK(read(R"(a=\u00e9\u20AC\ud83d\ude00)") == pairs{{"a", "é€😀"}});
}

TEST_CASE("a malformed unicode escape is an error that names its line") {
  for (const char* text : {"a=1\nb=\\u12", "a=1\nb=\\uZZZZ", "a=1\nb=\\ud83d", "a=1\nb=\\udc00"}) {
    auto entries = parse_properties(text);
    REQUIRE_FALSE(entries);
    CHECK(entries.error().message.starts_with("line 2: "));
  }
}

TEST_CASE("an entry knows the line it begins on") {
  auto entries = parse_properties("# c\na=1\\\n2\n\nb=3\rc=4");
  REQUIRE(entries);
  REQUIRE(entries->size() == 3);
  CHECK((*entries)[0].line == 2);
  CHECK((*entries)[1].line == 5);
  CHECK((*entries)[2].line == 6);
}

std::string escape(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\r') {
      escaped += "\\r";
    } else {
      escaped += '\\';
      escaped += c == 't' || c == 'n' || c == 'r' || c == 'f' || c == 'u' ? std::string()
                                                                          : std::string(1, c);
      if (escaped.back() == '\\') escaped.back() = c;
    }
  }
  return escaped;
}

TEST_CASE("whatever is escaped is read back as it was") {
  rc::prop("round trip of keys and values", [](const std::string& key, const std::string& value) {
    if (key.empty()) return;
    auto entries = parse_properties(escape(key) + "=" + escape(value));
    RC_ASSERT(entries);
    RC_ASSERT(entries->size() == 1u);
    RC_ASSERT(entries->front().key == key);
    RC_ASSERT(entries->front().value == value);
  });
}

}  // namespace
}  // namespace ottla
