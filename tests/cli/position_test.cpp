#include "cli/position.hpp"

#include <cstdlib>
#include <ctime>

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

namespace ottla {
namespace {

TEST_CASE("places in a partition have five forms") {
  CHECK(parse_position("earliest") == position{position_kind::earliest});
  CHECK(parse_position("latest") == position{position_kind::latest});
  CHECK(parse_position("1200") == position{position_kind::offset, 1200});
  CHECK(parse_position("0") == position{position_kind::offset, 0});
  CHECK(parse_position("-10") == position{position_kind::last, 10});
  CHECK(parse_position("-0") == position{position_kind::last, 0});
  CHECK(parse_position("@1500") == position{position_kind::time, 1500});
  CHECK(parse_position("1970-01-02T00:00:00Z") == position{position_kind::time, 86'400'000});
}

TEST_CASE("what has none of the forms is no place") {
  for (const char* text : {"", "soon", "-", "@", "@-1", "12x", "-0x", "99999999999999999999",
                           "-9223372036854775808", "2026-13-01", "2026-02-30"}) {
    INFO(text);
    CHECK_FALSE(parse_position(text));
  }
}

TEST_CASE("times are ISO 8601 with or without clock, fraction and zone") {
  CHECK(parse_time("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_time("1970-01-01T01:00:00+01:00") == 0);
  CHECK(parse_time("1969-12-31T23:30:00-0030") == 0);
  CHECK(parse_time("1970-01-01T00:00:01.25Z") == 1'250);
  CHECK(parse_time("2026-01-31T12:00:00.000Z") == 1'769'860'800'000);
  CHECK(parse_time("1970-01-01T00:01Z") == 60'000);
  for (const char* text : {"1970", "1970-01-01T", "1970-01-01T24:00:00Z", "1970-01-01T00:00:00.Z",
                           "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+1", "70-01-01"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("a time without a zone is local") {
  ::setenv("TZ", "UTC-02:00", 1);  // two hours east
  ::tzset();
  CHECK(parse_time("1970-01-01 02:00") == 0);
  CHECK(parse_time("1970-01-01T02:00:00") == 0);
  ::unsetenv("TZ");
  ::tzset();
}

TEST_CASE("a time that was printed is read back as it was") {
  rc::prop("round trip", [] {
    auto time = *rc::gen::inRange<int64_t>(0, 4'000'000'000'000);
    RC_ASSERT(parse_time(format_time(time)) == time);
  });
  CHECK(format_time(-1) == "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace ottla
