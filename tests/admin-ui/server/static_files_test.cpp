#include "admin-ui/server/static_files.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

http_request get(std::string_view path, std::string_view accept = "", std::string_view tag = "") {
  http_request request{.method = "GET", .target = *request_target::parse(path)};
  if (!accept.empty()) request.headers["accept-encoding"] = accept;
  if (!tag.empty()) request.headers["if-none-match"] = tag;
  return request;
}

std::string header(const http_reply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST_CASE("the root is a page, with or without a dashboard in the program") {
  auto page = find_static_file(get("/"));
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->content_type == "text/html; charset=utf-8");
  CHECK(page->body.find("<!doctype html>") != std::string::npos);
  CHECK(header(*page, "Cache-Control") == "no-cache");
}

TEST_CASE("a page that has not changed is not sent again") {
  const auto tag = header(*find_static_file(get("/index.html")), "ETag");
  auto again = find_static_file(get("/", "", tag));
  CHECK(again->status == 304);
  CHECK(again->body.empty());
  CHECK(find_static_file(get("/", "", "\"other\""))->status == 200);
}

TEST_CASE("a compressed file goes out only to those that accept it, under a tag of its own") {
  auto plain = find_static_file(get("/"));
  CHECK(header(*plain, "Content-Encoding").empty());
  CHECK(header(*find_static_file(get("/", "gzip;q=0, br")), "Content-Encoding").empty());
  auto compressed = find_static_file(get("/", "br, gzip"));
  CHECK(header(*compressed, "Vary") == "Accept-Encoding");
  const bool is_built_in = !dashboard_hash().empty();
  CHECK((header(*compressed, "Content-Encoding") == "gzip") == is_built_in);
  CHECK((header(*compressed, "ETag") != header(*plain, "ETag")) == is_built_in);
}

TEST_CASE("other paths are no files") {
  for (const char* path : {"/nothing", "/assets", "/assets/../index.html", "//"}) {
    INFO(path);
    CHECK_FALSE(find_static_file(get(path)));
  }
}

}  // namespace
}  // namespace ottla
