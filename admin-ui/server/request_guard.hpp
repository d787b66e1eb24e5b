// What is refused before anything looks at the request: foreign names of this host (DNS rebinding),
// pages of other web sites (cross-site requests), changes to a read-only interface.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin-ui/server/problem.hpp"

namespace ottla {

struct guard_rules {
  std::vector<std::string> allowed_hosts;    ///< Besides localhost and numeric addresses.
  std::vector<std::string> allowed_origins;  ///< "https://example.org".
  bool is_read_only = false;
};

/// Nothing if the request may go on.
std::optional<problem> guard_request(const http_request& request, const guard_rules& rules);
/// The same for the request that opens a WebSocket: asked before it is accepted.
std::optional<problem> guard_upgrade(const http_request& request, const guard_rules& rules);
/// Whether a Host header may name this server.
bool is_allowed_host(std::string_view host_header, const guard_rules& rules);

}  // namespace ottla
