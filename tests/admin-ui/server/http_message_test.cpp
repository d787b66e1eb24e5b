#include "admin-ui/server/http_message.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using texts = std::vector<std::string>;

TEST_CASE("a target is split into decoded segments and a query") {
  auto target = request_target::parse("/api/v1/topics/a%2Fb?q=x+y&limit=5&q=again&flag");
  REQUIRE(target);
  CHECK(target->segments == texts{"api", "v1", "topics", "a/b"});
  CHECK(target->query.at("q") == "x y");
  CHECK(target->query.at("limit") == "5");
  CHECK(target->query.at("flag").empty());
}

TEST_CASE("the root has no segments, a plus in a path is a plus") {
  CHECK(request_target::parse("/")->segments.empty());
  CHECK(request_target::parse("/a+b")->segments == texts{"a+b"});
}

TEST_CASE("a target that is no sound path is refused") {
  for (const char* text : {"", "*", "http://a/", "/%", "/%2", "/%zz", "/a?b=%", "/a%00b"}) {
    INFO(text);
    CHECK_FALSE(request_target::parse(text));
  }
}

}  // namespace
}  // namespace ottla
