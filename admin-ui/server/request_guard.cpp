#include "admin-ui/server/request_guard.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "protocol/ascii.hpp"

namespace ottla {
namespace {

/// The host of "host:port", without brackets. Empty if it is not of that form.
std::string host_of(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == std::string_view::npos ? std::string{} : std::string{text.substr(1, end - 1)};
  }
  return lower_case(text.substr(0, text.find(':')));
}

bool is_numeric(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_listed(const std::string& origin, const guard_rules& rules) {
  return std::ranges::find(rules.allowed_origins, origin) != rules.allowed_origins.end();
}

bool is_own_origin(const std::string& origin, const http_request& request) {
  return origin == "http://" + lower_case(request.header("host"));
}

problem wrong_host() {
  return {421, "wrong-host", "This server does not go by that name",
          "add the name to admin.allowed.hosts if it is right"};
}

problem foreign_origin() {
  return {403, "foreign-origin", "Pages of other web sites must not do this",
          "add the site to admin.allowed.origins if it may"};
}

}  // namespace

bool is_allowed_host(std::string_view host_header, const guard_rules& rules) {
  const auto host = host_of(host_header);
  if (host.empty()) return false;
  return host == "localhost" || is_numeric(host) ||
         std::ranges::find(rules.allowed_hosts, host) != rules.allowed_hosts.end();
}

std::optional<problem> guard_request(const http_request& request, const guard_rules& rules) {
  if (!is_allowed_host(request.header("host"), rules)) return wrong_host();
  if (request.is_safe()) return std::nullopt;
  if (rules.is_read_only) return read_only_problem();
  const auto origin = lower_case(request.header("origin"));
  if (!origin.empty() && is_listed(origin, rules)) {
    // Said so on purpose.
  } else if (const auto site = request.header("sec-fetch-site"); !site.empty()) {
    if (site != "same-origin") return foreign_origin();
  } else if (!origin.empty() && !is_own_origin(origin, request)) {
    return foreign_origin();
  }
  const auto type = lower_case(request.header("content-type"));
  if (request.method != "DELETE" && type.substr(0, type.find(';')) != "application/json") {
    // A page of another site can send forms without asking, but no JSON.
    return problem{415, "not-json", "The body must be JSON",
                   "the request needs Content-Type: application/json"};
  }
  return std::nullopt;
}

std::optional<problem> guard_upgrade(const http_request& request, const guard_rules& rules) {
  if (!is_allowed_host(request.header("host"), rules)) return wrong_host();
  // Browsers always send it with a WebSocket; programs need not.
  const auto origin = lower_case(request.header("origin"));
  if (!origin.empty() && !is_listed(origin, rules) && !is_own_origin(origin, request)) {
    return foreign_origin();
  }
  return std::nullopt;
}

}  // namespace ottla
