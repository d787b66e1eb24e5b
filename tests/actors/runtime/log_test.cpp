#include "actors/runtime/log.hpp"

#include "tests/support/catch.hpp"

using namespace ottla;

TEST_CASE("control characters of strangers do not reach the terminal") {
  CHECK(log::escaped("GET /\r\n\x1b[2J") == "GET /\\x0d\\x0a\\x1b[2J");
  CHECK(log::escaped("plain, ümlaut") == "plain, ümlaut");
  CHECK(log::escaped("\x7f") == "\\x7f");
}

TEST_CASE("text in a JSON line is valid JSON whatever the bytes") {
  CHECK(log::json_escaped("say \"hi\"\\\n") == "say \\\"hi\\\"\\\\\\u000a");
  CHECK(log::json_escaped("ü €") == "ü €");
  CHECK(log::json_escaped("a\xff\xc3(") == "a\\ufffd\\ufffd(");
  CHECK(log::json_escaped("\xed\xa0\x80") == "\\ufffd\\ufffd\\ufffd");  // a lone surrogate
  CHECK(log::json_escaped("\xe2\x82") == "\\ufffd\\ufffd");             // cut short
}

TEST_CASE("a limited line says how many were left out") {
  log::limiter lines{1'000};
  int64_t skipped = -1;
  CHECK(lines.allow(5'000, skipped));
  CHECK(skipped == 0);
  CHECK_FALSE(lines.allow(5'001, skipped));
  CHECK_FALSE(lines.allow(5'999, skipped));
  CHECK(lines.allow(6'000, skipped));
  CHECK(skipped == 2);
}
