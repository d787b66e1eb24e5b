#include "admin-ui/server/static_files.hpp"

#include "admin-ui/server/embedded_files.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

constexpr embedded_file files[] = {
    {"/assets/index-1a2b.js", "text/javascript; charset=utf-8", "script", "packed", "aa"},
    {"/icon.svg", "image/svg+xml", "<svg/>", {}, "bb"},
    {"/index.html", "text/html; charset=utf-8", "<!doctype html>", "packed page", "cc"}};

http_request get(std::string_view path, std::string_view accept = "", std::string_view tag = "") {
  http_request request{.method = "GET", .target = *request_target::parse(path)};
  if (!accept.empty()) request.headers["accept-encoding"] = accept;
  if (!tag.empty()) request.headers["if-none-match"] = tag;
  return request;
}

http_reply reply_to(const http_request& request) {
  auto reply = find_static_file(files, request);
  REQUIRE(reply);
  return *reply;
}

std::string header(const http_reply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST_CASE("the root is the page") {
  const auto page = reply_to(get("/"));
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(page.body == "<!doctype html>");
  CHECK(reply_to(get("/index.html")).body == page.body);
}

TEST_CASE("a program without a dashboard has a page that says so") {
  auto page = find_static_file({}, get("/"));
  REQUIRE(page);
  CHECK(page->body.find("without the dashboard") != std::string::npos);
  CHECK_FALSE(find_static_file({}, get("/assets/index-1a2b.js")));
}

TEST_CASE("a file that has not changed is not sent again") {
  const auto tag = header(reply_to(get("/")), "ETag");
  CHECK(tag == "\"cc\"");
  const auto again = reply_to(get("/", "", tag));
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(reply_to(get("/", "", "\"other\"")).status == 200);
  CHECK(reply_to(get("/", "gzip", tag)).status == 200);  // of other bytes
}

TEST_CASE("a compressed file goes out only to those that accept it, under a tag of its own") {
  for (const char* accept : {"gzip", "br, gzip", "gzip;q=0.5", "deflate, gzip;q=1.0, *;q=0.5"}) {
    INFO(accept);
    const auto reply = reply_to(get("/", accept));
    CHECK(header(reply, "Content-Encoding") == "gzip");
    CHECK(header(reply, "ETag") == "\"cc-gz\"");
    CHECK(reply.body == "packed page");
  }
  for (const char* accept : {"", "br", "gzip;q=0", "gzip;q=0, br", "identity"}) {
    INFO(accept);
    const auto reply = reply_to(get("/", accept));
    CHECK(header(reply, "Content-Encoding").empty());
    CHECK(header(reply, "Vary") == "Accept-Encoding");
    CHECK(reply.body == "<!doctype html>");
  }
  CHECK(reply_to(get("/icon.svg", "gzip")).body == "<svg/>");  // there is no smaller one
}

TEST_CASE("files that are named by their content are kept by browsers, the page is not") {
  CHECK(header(reply_to(get("/assets/index-1a2b.js")), "Cache-Control") ==
        "public, max-age=31536000, immutable");
  CHECK(header(reply_to(get("/")), "Cache-Control") == "no-cache");
  CHECK(header(reply_to(get("/icon.svg")), "Cache-Control") == "no-cache");
}

TEST_CASE("other paths are no files") {
  for (const char* path :
       {"/nothing", "/assets", "/assets/../index.html", "/%2e/index.html", "//"}) {
    INFO(path);
    CHECK_FALSE(find_static_file(files, get(path)));
  }
}

TEST_CASE("what was built into this program is sound") {
  for (const auto& each : embedded_files()) {
    INFO(each.path);
    CHECK(each.path.starts_with('/'));
    CHECK_FALSE(each.bytes.empty());
    CHECK(each.hash.size() == 16);
    if (!each.gzip.empty()) CHECK(each.gzip.starts_with("\x1f\x8b"));
  }
}

}  // namespace
}  // namespace ottla
