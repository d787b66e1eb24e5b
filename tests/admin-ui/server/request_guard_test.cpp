#include "admin-ui/server/request_guard.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using headers = std::map<std::string, std::string, std::less<>>;

/// The status of the refusal, 0 if there is none.
int refusal(std::string method, headers with, const guard_rules& rules = {}) {
  http_request request{.method = std::move(method), .headers = std::move(with)};
  request.headers.emplace("host", "127.0.0.1:8090");
  auto refused = guard_request(request, rules);
  return refused ? refused->status : 0;
}

TEST_CASE("only known names of the host are served") {
  const guard_rules rules{.allowed_hosts = {"ottla.example.org"}};
  for (const char* host : {"localhost:8090", "LOCALHOST", "127.0.0.1:8090", "10.1.2.3", "[::1]:80",
                           "ottla.example.org", "Ottla.Example.Org:8090"}) {
    INFO(host);
    CHECK(is_allowed_host(host, rules));
  }
  for (const char* host : {"", "evil.example.org", "localhost.evil.org:8090", "127.0.0.1.nip.io",
                           "[::1", ":8090", "ottla.example.org.evil.org"}) {
    INFO(host);
    CHECK_FALSE(is_allowed_host(host, rules));
  }
}

TEST_CASE("a foreign name of the host is refused for reading too") {
  CHECK(refusal("GET", {{"host", "evil.example.org"}}) == 421);
  CHECK(refusal("GET", {}) == 0);
}

TEST_CASE("pages of other sites must not change anything") {
  const headers json{{"content-type", "application/json"}};
  auto with = [&](headers more) {
    more.insert(json.begin(), json.end());
    return more;
  };
  CHECK(refusal("POST", with({{"sec-fetch-site", "same-origin"}})) == 0);
  CHECK(refusal("POST", with({{"sec-fetch-site", "cross-site"}})) == 403);
  CHECK(refusal("POST", with({{"sec-fetch-site", "same-site"}})) == 403);
  CHECK(refusal("POST", with({{"origin", "http://127.0.0.1:8090"}})) == 0);
  CHECK(refusal("POST", with({{"origin", "http://127.0.0.1:9999"}})) == 403);
  CHECK(refusal("POST", with({{"origin", "https://evil.example.org"}})) == 403);
  CHECK(refusal("POST", with({{"origin", "null"}})) == 403);
  CHECK(refusal("POST", with({})) == 0);  // no browser: curl
  CHECK(refusal("DELETE", {{"origin", "https://evil.example.org"}}) == 403);
  // Reading is harmless: the browser keeps the answer from foreign pages.
  CHECK(refusal("GET", {{"origin", "https://evil.example.org"}}) == 0);
}

TEST_CASE("a site that is allowed may change things") {
  const guard_rules rules{.allowed_origins = {"https://ops.example.org"}};
  const headers from{{"content-type", "application/json"},
                     {"origin", "https://OPS.example.org"},
                     {"sec-fetch-site", "cross-site"}};
  CHECK(refusal("POST", from, rules) == 0);
  CHECK(refusal("POST", from) == 403);
}

TEST_CASE("forms are refused: a page can send them anywhere") {
  CHECK(refusal("POST", {{"content-type", "text/plain"}}) == 415);
  CHECK(refusal("POST", {}) == 415);
  CHECK(refusal("PATCH", {{"content-type", "application/x-www-form-urlencoded"}}) == 415);
  CHECK(refusal("POST", {{"content-type", "Application/JSON; charset=utf-8"}}) == 0);
  CHECK(refusal("DELETE", {}) == 0);
}

TEST_CASE("a read-only interface refuses every change") {
  const guard_rules rules{.is_read_only = true};
  CHECK(refusal("DELETE", {}, rules) == 403);
  CHECK(refusal("POST", {{"content-type", "application/json"}}, rules) == 403);
  CHECK(refusal("GET", {}, rules) == 0);
  CHECK(refusal("HEAD", {}, rules) == 0);
}

TEST_CASE("a WebSocket is opened by pages of this server, of allowed sites, and by programs") {
  auto status = [](headers with, const guard_rules& rules = {}) {
    with.emplace("host", "127.0.0.1:8090");
    auto refused = guard_upgrade({.method = "GET", .headers = std::move(with)}, rules);
    return refused ? refused->status : 0;
  };
  CHECK(status({}) == 0);
  CHECK(status({{"origin", "http://127.0.0.1:8090"}}) == 0);
  CHECK(status({{"origin", "http://127.0.0.1:80"}}) == 403);
  CHECK(status({{"origin", "https://127.0.0.1:8090"}}) == 403);
  CHECK(status({{"origin", "null"}}) == 403);
  CHECK(status({{"host", "evil.example.org"}, {"origin", "http://evil.example.org"}}) == 421);
  CHECK(status({{"origin", "https://ops.example.org"}},
               {.allowed_origins = {"https://ops.example.org"}}) == 0);
}

}  // namespace
}  // namespace ottla
