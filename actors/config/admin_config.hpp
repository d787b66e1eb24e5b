// The admin interface's keys: where it listens, who may reach it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/outcome.hpp"

namespace ottla {

/// Where the admin interface accepts browsers and scrapers. An empty `host` means every address of
/// the machine; port 0 lets the system pick one.
struct admin_address {
  std::string host;
  uint16_t port = 0;

  friend bool operator==(const admin_address&, const admin_address&) = default;
};

struct admin_settings {
  std::vector<admin_address> listeners;      ///< Empty: there is no admin interface.
  std::vector<std::string> allowed_hosts;    ///< Names by which it may be addressed, lower case.
  std::vector<std::string> allowed_origins;  ///< Other sites whose pages may use it.
  bool is_read_only = false;

  friend bool operator==(const admin_settings&, const admin_settings&) = default;
};

/// Reads "http://127.0.0.1:8090,http://[::1]:8090". Refused: other schemes, paths, addresses named
/// twice, and one that other machines can reach unless `allow_insecure`.
outcome<std::vector<admin_address>> parse_admin_listeners(std::string_view text,
                                                          bool allow_insecure);

/// "https://example.org" or "http://example.org:8080": a scheme, a host, perhaps a port, no path.
bool is_web_origin(std::string_view text);

/// "http://127.0.0.1:8090", with brackets around an IPv6 address.
std::string to_string(const admin_address& address);

}  // namespace ottla
