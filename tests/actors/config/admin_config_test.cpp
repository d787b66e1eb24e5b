#include "actors/config/admin_config.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

std::string refusal(std::string_view text, bool allow_insecure = false) {
  auto parsed = parse_admin_listeners(text, allow_insecure);
  return parsed ? std::string() : parsed.error().message;
}

TEST_CASE("admin listeners are addresses of this machine") {
  auto parsed = parse_admin_listeners("http://127.0.0.1:8090, http://[::1]:0", false);
  REQUIRE(parsed);
  CHECK(*parsed == std::vector<admin_address>{{"127.0.0.1", 8090}, {"::1", 0}});
  CHECK(to_string(parsed->at(0)) == "http://127.0.0.1:8090");
  CHECK(to_string(parsed->at(1)) == "http://[::1]:0");
}

TEST_CASE("no admin listener switches the admin interface off") {
  auto parsed = parse_admin_listeners("", false);
  REQUIRE(parsed);
  CHECK(parsed->empty());
}

TEST_CASE("an admin listener that other machines can reach must be permitted") {
  for (const char* text : {"http://0.0.0.0:8090", "http://:8090", "http://example.org:8090"}) {
    INFO(text);
    CHECK(refusal(text).find("ottla.allow.insecure.listeners") != std::string::npos);
    CHECK(refusal(text, true).empty());
  }
}

TEST_CASE("an admin listener that is no http address is refused") {
  for (const char* text :
       {"127.0.0.1:8090", "https://127.0.0.1:8090", "http://127.0.0.1", "http://127.0.0.1:65536",
        "http://127.0.0.1:8090/ui", "http://user@127.0.0.1:8090", "http://::1:8090", ",",
        "http://127.0.0.1:8090,http://127.0.0.1:8090"}) {
    INFO(text);
    CHECK_FALSE(refusal(text).empty());
  }
}

TEST_CASE("an origin has a scheme and a host, and no path") {
  CHECK(is_web_origin("https://example.org"));
  CHECK(is_web_origin("http://example.org:8080"));
  for (const char* text :
       {"example.org", "https://", "https://example.org/", "ftp://example.org", "null", "*"}) {
    INFO(text);
    CHECK_FALSE(is_web_origin(text));
  }
}

}  // namespace
}  // namespace ottla
