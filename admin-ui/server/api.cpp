#include "admin-ui/server/api.hpp"

#include <algorithm>

#include "admin-ui/server/api_handlers.hpp"

namespace ottla {
namespace {

constexpr size_t form_bytes_max = 64 << 10;
constexpr size_t records_bytes_max = 1 << 20;
constexpr int64_t scan_ms = 30'000;
constexpr int64_t health_ms = 1'000;
constexpr int64_t change_ms = 35'000;  // the controller gives up after 30 s

constexpr api_route table[] = {
    {"GET", "/healthz", answer_healthz, 0, health_ms},
    {"GET", "/livez", answer_healthz, 0, health_ms},
    {"GET", "/readyz", answer_readyz, 0, health_ms},
    {"GET", "/metrics", answer_metrics},
    {"GET", "/api/v1/openapi.json", answer_openapi},
    {"GET", "/api/v1/whoami", answer_whoami},
    {"GET", "/api/v1/cluster", answer_cluster},
    {"GET", "/api/v1/brokers", answer_brokers},
    {"GET", "/api/v1/traffic", answer_traffic},
    {"GET", "/api/v1/topics", answer_topics},
    {"POST", "/api/v1/topics", create_topic, form_bytes_max, change_ms},
    {"GET", "/api/v1/topics/{topic}", answer_topic},
    {"DELETE", "/api/v1/topics/{topic}", delete_topic, 0, change_ms},
    {"GET", "/api/v1/topics/{topic}/configs", answer_topic_configs},
    {"PATCH", "/api/v1/topics/{topic}/configs", change_topic_configs, form_bytes_max, change_ms},
    {"GET", "/api/v1/topics/{topic}/partitions/{partition}/records", answer_records, 0, scan_ms},
    {"POST", "/api/v1/topics/{topic}/records", produce_records, records_bytes_max, scan_ms},
    {"POST", "/api/v1/topics/{topic}/record-deletions", delete_records, form_bytes_max, change_ms},
    {"GET", "/api/v1/groups", answer_groups},
    {"GET", "/api/v1/groups/{group}", answer_group},
    {"DELETE", "/api/v1/groups/{group}", delete_group, 0, change_ms},
    {"DELETE", "/api/v1/groups/{group}/offsets/{topic}", delete_group_offsets, 0, change_ms},
    {"POST", "/api/v1/groups/{group}/offset-resets", reset_group_offsets, form_bytes_max,
     change_ms},
    {"GET", "/api/v1/reassignments", answer_reassignments},
    {"POST", "/api/v1/reassignments", reassign, form_bytes_max, change_ms},
    {"POST", "/api/v1/leader-elections", elect_leaders, form_bytes_max, change_ms},
};

/// Nothing unless the path is of that form; else what stands for its names.
std::optional<std::vector<std::string>> match(std::string_view pattern,
                                              const std::vector<std::string>& segments) {
  std::vector<std::string> found;
  size_t next = 0;
  pattern.remove_prefix(1);
  while (!pattern.empty()) {
    const auto end = std::min(pattern.find('/'), pattern.size());
    const auto part = pattern.substr(0, end);
    if (next == segments.size()) return std::nullopt;
    if (part.starts_with('{')) {
      found.push_back(segments[next]);
    } else if (part != segments[next]) {
      return std::nullopt;
    }
    ++next;
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  if (next != segments.size()) return std::nullopt;
  return found;
}

}  // namespace

std::span<const api_route> api_routes() {
  return table;
}

route_match find_route(const http_request& request) {
  route_match result;
  std::string_view method = request.method;
  if (method == "HEAD") method = "GET";
  for (const auto& each : table) {
    auto parameters = match(each.path, request.target.segments);
    if (!parameters) continue;
    if (each.method == method) return {&each, std::move(*parameters), {}};
    result.allowed += (result.allowed.empty() ? "" : ", ") + std::string{each.method};
  }
  return result;
}

}  // namespace ottla
