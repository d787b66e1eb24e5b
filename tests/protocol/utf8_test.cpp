#include "protocol/utf8.hpp"

#include "protocol/messages/list_groups.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

TEST_CASE("text that is UTF-8 stays as it is") {
  for (const std::string text : {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    CHECK(as_utf8(text) == text);
  }
}

TEST_CASE("each byte that belongs to no UTF-8 character becomes a question mark") {
  CHECK(as_utf8("a\x80z") == "a?z");
  CHECK(as_utf8("\xc3") == "?");
  CHECK(as_utf8("\xc0\xaf") == "??");
  CHECK(as_utf8("\xed\xa0\x80") == "???");
  CHECK(as_utf8("\xf4\x90\x80\x80") == "????");
  CHECK(as_utf8("\xe2\x82\xe2\x82\xac") == "??\xe2\x82\xac");
}

TEST_CASE("no string of a message holds what is no UTF-8") {
  list_groups_request request;
  request.states_filter = {"ok\xff"};
  wire_writer out;
  encode(out, request, 4);
  auto bytes = out.finish_flat();
  auto read = decode<list_groups_request>(shared_bytes{bytes}, 4);
  REQUIRE(read);
  CHECK(read->states_filter == std::vector<std::string>{"ok?"});
}

TEST_CASE("UTF-8 is told from other bytes") {
  for (const char* text : {"", "abc", "é€😀", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    CHECK(is_utf8(text));
  }
  for (const char* text : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                           "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xFF", "a\xE2\x82"}) {
    CHECK_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace ottla
