#include "admin-ui/server/static_files.hpp"

#include <algorithm>

#include "admin-ui/server/embedded_files.hpp"

namespace ottla {
namespace {

constexpr std::string_view page_without_dashboard =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Ottla</title></head>"
    "<body><h1>Ottla</h1><p>This program was built without the dashboard. The interface for "
    "programs is complete: <a href=\"api/v1/openapi.json\">its description</a>, "
    "<a href=\"api/v1/cluster\">the cluster</a>, <a href=\"metrics\">metrics</a>, "
    "<a href=\"readyz\">readiness</a>.</p></body></html>\n";

constexpr embedded_file without_dashboard{
    "/index.html", "text/html; charset=utf-8", page_without_dashboard, {}, "none"};

const embedded_file* find_embedded(std::span<const embedded_file> files,
                                   const http_request& request) {
  std::string path;
  for (const auto& each : request.target.segments) path += "/" + each;
  if (path.empty()) path = "/index.html";
  const auto found = std::ranges::find(files, path, &embedded_file::path);
  if (found != files.end()) return &*found;
  return files.empty() && path == "/index.html" ? &without_dashboard : nullptr;
}

bool accepts_gzip(const http_request& request) {
  const auto accepted = request.header("accept-encoding");
  const auto at = accepted.find("gzip");
  if (at == std::string_view::npos) return false;
  const auto rest = accepted.substr(at + 4);
  return !(rest.starts_with(";q=0") && (rest.size() == 4 || rest[4] == ',' || rest[4] == ' '));
}

}  // namespace

std::optional<http_reply> find_static_file(std::span<const embedded_file> files,
                                           const http_request& request) {
  const auto* file = find_embedded(files, request);
  if (file == nullptr) return std::nullopt;
  const bool use_gzip = !file->gzip.empty() && accepts_gzip(request);
  const auto tag = "\"" + std::string{file->hash} + (use_gzip ? "-gz\"" : "\"");
  const bool is_named_by_hash = file->path.starts_with("/assets/");
  http_reply reply{200, std::string{file->content_type}, {}, {}};
  reply.headers = {
      {"ETag", tag},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", is_named_by_hash ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"}};
  if (request.header("if-none-match") == tag) {
    reply.status = 304;
    return reply;
  }
  if (use_gzip) reply.headers.emplace_back("Content-Encoding", "gzip");
  reply.body = use_gzip ? file->gzip : file->bytes;
  return reply;
}

std::string_view dashboard_hash() {
  for (const auto& each : embedded_files()) {
    if (each.path == "/index.html") return each.hash;
  }
  return {};
}

}  // namespace ottla
