#include "actors/config/admin_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "actors/config/config_value.hpp"
#include "actors/config/listener_config.hpp"

namespace ottla {
namespace {

constexpr std::string_view scheme = "http://";

fault refuse(std::string_view item, std::string_view why) {
  return {error_code::invalid_config, fmt::format("admin.listeners: '{}' {}", item, why)};
}

/// "127.0.0.1:8090" or "[::1]:8090".
std::optional<admin_address> parse_authority(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const bool in_brackets = host.starts_with('[') && host.ends_with(']');
  if (in_brackets) host = host.substr(1, host.size() - 2);
  if (!in_brackets && host.find(':') != std::string_view::npos) return std::nullopt;
  if (host.find_first_of("/@?#[] ") != std::string_view::npos) return std::nullopt;
  const auto port = parse_config_integer(text.substr(colon + 1));
  if (!port || *port < 0 || *port > UINT16_MAX) return std::nullopt;
  return admin_address{std::string{host}, static_cast<uint16_t>(*port)};
}

}  // namespace

outcome<std::vector<admin_address>> parse_admin_listeners(std::string_view text,
                                                          bool allow_insecure) {
  std::vector<admin_address> all;
  for (const auto& item : split_config_list(text)) {
    if (!item.starts_with(scheme)) {
      return refuse(item, "does not begin with http:// (this version has no TLS)");
    }
    auto address = parse_authority(std::string_view{item}.substr(scheme.size()));
    if (!address) return refuse(item, "is not of the form http://host:port");
    if (!allow_insecure && !is_loopback(address->host)) {
      return refuse(item,
                    "can be reached by other machines, and nothing authenticates them; "
                    "ottla.allow.insecure.listeners=true permits that");
    }
    if (address->port != 0 && std::ranges::find(all, *address) != all.end()) {
      return refuse(item, "is named twice");
    }
    all.push_back(std::move(*address));
  }
  return all;
}

bool is_web_origin(std::string_view text) {
  for (std::string_view each : {"http://", "https://"}) {
    if (!text.starts_with(each)) continue;
    const auto rest = text.substr(each.size());
    return !rest.empty() && rest.find_first_of("/?#@ ") == std::string_view::npos;
  }
  return false;
}

std::string to_string(const admin_address& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  const auto host = is_v6 ? fmt::format("[{}]", address.host) : address.host;
  return fmt::format("{}{}:{}", scheme, host, address.port);
}

}  // namespace ottla
