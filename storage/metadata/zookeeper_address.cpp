#include "storage/metadata/zookeeper_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

namespace ottla {
namespace {

fault invalid(std::string_view text, std::string_view why) {
  return {error_code::invalid_config, fmt::format("zookeeper.connect={}: {}", text, why)};
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

/// "host", "host:port", "[v6]", "[v6]:port".
std::optional<zookeeper_server> parse_server(std::string_view text) {
  zookeeper_server server;
  std::string_view rest;
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    server.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    auto colon = text.find(':');
    server.host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (server.host.empty() || server.host.find_first_of(" \t[]") != std::string::npos) {
    return std::nullopt;
  }
  if (rest.empty()) return server;
  auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  server.port = *port;
  return server;
}

bool is_numeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

std::optional<std::string> resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return std::nullopt;
  }
  return std::string(text.data());
}

}  // namespace

bool is_zookeeper_path(std::string_view path) {
  if (path.size() < 2 || path.front() != '/') return false;
  while (!path.empty()) {
    auto end = path.find('/', 1);
    auto name = path.substr(1, end == std::string_view::npos ? end : end - 1);
    if (name.empty() || name == "." || name == "..") return false;
    if (std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c >= 0x7f; })) {
      return false;
    }
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  }
  return true;
}

outcome<zookeeper_address> parse_zookeeper_connect(std::string_view text) {
  zookeeper_address address;
  auto rest = trim(text);
  if (auto slash = rest.find('/'); slash != std::string_view::npos) {
    address.chroot = rest.substr(slash);
    rest = rest.substr(0, slash);
    if (address.chroot == "/") address.chroot.clear();
    if (address.chroot.find(',') != std::string::npos) {
      return invalid(text, "the chroot comes once, after the last server");
    }
    if (!address.chroot.empty() && !is_zookeeper_path(address.chroot))
      return invalid(text, "the chroot is not a valid path");
  }
  while (true) {
    auto comma = rest.find(',');
    auto part = trim(rest.substr(0, comma));
    auto server = parse_server(part);
    if (!server) return invalid(text, fmt::format("'{}' is not a host:port", part));
    address.servers.push_back(std::move(*server));
    if (comma == std::string_view::npos) return address;
    rest.remove_prefix(comma + 1);
  }
}

std::string to_string(const zookeeper_address& address) {
  std::string text;
  for (const auto& server : address.servers) {
    bool is_v6 = server.host.find(':') != std::string::npos;
    text += fmt::format("{}{}{}{}:{}", text.empty() ? "" : ",", is_v6 ? "[" : "", server.host,
                        is_v6 ? "]" : "", server.port);
  }
  return text + address.chroot;
}

// The client splits at the last colon, so addresses of IPv6 go without brackets.
outcome<std::string> client_server_list(const zookeeper_address& address) {
  std::string list, fallback;
  bool is_known = false;
  for (const auto& server : address.servers) {
    list += fmt::format("{}{}:{}", list.empty() ? "" : ",", server.host, server.port);
    if (is_numeric(server.host)) {
      is_known = true;
    } else if (auto found = resolve(server.host)) {
      is_known = true;
      fallback = fmt::format(",{}:{}", *found, server.port);
    }
  }
  if (is_known) return list + fallback;
  return fault{error_code::broker_not_available,
               fmt::format("no host of zookeeper.connect={} can be resolved", to_string(address))};
}

}  // namespace ottla
