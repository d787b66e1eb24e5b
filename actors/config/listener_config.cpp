#include "actors/config/listener_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "actors/config/config_value.hpp"

namespace ottla {
namespace {

struct address {
  std::string name;
  std::string host;
  uint16_t port = 0;
};

fault invalid(std::string message) {
  return {error_code::invalid_config, std::move(message)};
}

bool is_host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-%._:").find(c) != std::string_view::npos;
}

/// "NAME://host:port"; an IPv6 address stands in brackets.
std::optional<address> parse_address(std::string_view text) {
  size_t scheme_end = text.find("://");
  if (scheme_end == 0 || scheme_end == std::string_view::npos) return std::nullopt;
  address result{.name = upper_case(text.substr(0, scheme_end))};
  std::string_view rest = text.substr(scheme_end + 3);
  size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') != host.ends_with(']')) return std::nullopt;
  if (host.starts_with('[')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (!std::ranges::all_of(host, is_host_character)) return std::nullopt;
  auto port = parse_config_integer(rest.substr(colon + 1));
  if (!port || *port < 0 || *port > 65'535) return std::nullopt;
  result.host = host;
  result.port = static_cast<uint16_t>(*port);
  return result;
}

outcome<std::vector<address>> parse_addresses(std::string_view key, std::string_view text,
                                              const std::vector<std::string>& passed_over) {
  std::vector<address> addresses;
  for (const auto& item : split_config_list(text)) {
    auto parsed = parse_address(item);
    if (!parsed) {
      return invalid(fmt::format(
          "{}: '{}' is not an address like PLAINTEXT://127.0.0.1:9092 (NAME://host:port)", key,
          item));
    }
    auto is_same = [&](const address& other) { return other.name == parsed->name; };
    if (std::ranges::any_of(addresses, is_same)) {
      return invalid(fmt::format("{}: each listener must have a different name, {} is there twice",
                                 key, parsed->name));
    }
    auto is_name = [&](const std::string& name) { return upper_case(name) == parsed->name; };
    if (std::ranges::none_of(passed_over, is_name)) addresses.push_back(std::move(*parsed));
  }
  return addresses;
}

std::optional<security_protocol> parse_protocol(std::string_view name) {
  for (auto protocol : {security_protocol::plaintext, security_protocol::ssl,
                        security_protocol::sasl_plaintext, security_protocol::sasl_ssl}) {
    if (security_protocol_name(protocol) == name) return protocol;
  }
  return std::nullopt;
}

using protocol_map = std::map<std::string, security_protocol>;

outcome<protocol_map> parse_protocol_map(std::string_view text) {
  protocol_map protocols;
  for (const auto& item : split_config_list(text)) {
    size_t colon = item.find(':');
    auto protocol = colon == std::string::npos
                        ? std::nullopt
                        : parse_protocol(upper_case(trim_blanks(item.substr(colon + 1))));
    if (!protocol) {
      return invalid(fmt::format(
          "listener.security.protocol.map: '{}' is not of the form NAME:PLAINTEXT (or SSL, "
          "SASL_PLAINTEXT, SASL_SSL)",
          item));
    }
    protocols[upper_case(trim_blanks(item.substr(0, colon)))] = *protocol;
  }
  return protocols;
}

bool is_any_address(std::string_view host) {
  return host.empty() || host == "0.0.0.0" || host == "::" || host == "0:0:0:0:0:0:0:0";
}

outcome<void> check_ports(const std::vector<listener_config>& listeners) {
  for (const auto& one : listeners) {
    for (const auto& other : listeners) {
      bool clash =
          one.name < other.name && one.port != 0 && one.port == other.port &&
          (one.host == other.host || is_any_address(one.host) || is_any_address(other.host));
      if (clash) {
        return invalid(
            fmt::format("listeners: each listener must have a different port, {} and {} "
                        "share {}",
                        one.name, other.name, one.port));
      }
    }
  }
  return {};
}

outcome<void> check_protection(const listener_config& listener, bool allow_insecure) {
  if (listener.protocol != security_protocol::plaintext) {
    return invalid(fmt::format(
        "listeners: {} uses {}, and this version speaks PLAINTEXT only; change its line in "
        "listener.security.protocol.map or remove the listener",
        listener.name, security_protocol_name(listener.protocol)));
  }
  if (allow_insecure || is_loopback(listener.host)) return {};
  return invalid(fmt::format(
      "listeners: other machines could reach {} and nothing would authenticate them; use {}://"
      "127.0.0.1:{}, or set ottla.allow.insecure.listeners=true if the network is trusted",
      to_string(listener), listener.name, listener.port));
}

bool is_numeric(std::string_view host) {
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// The four numbers of an IPv4 address; nothing if it is none.
std::optional<std::array<int64_t, 4>> ipv4_numbers(std::string_view host) {
  std::array<int64_t, 4> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) {
    size_t end = std::min(host.find('.'), host.size());
    auto number = parse_config_integer(host.substr(0, end));
    if (!number || *number < 0 || *number > 255 || (end == host.size()) != (i == 3)) {
      return std::nullopt;
    }
    numbers.at(i) = *number;
    host.remove_prefix(std::min(end + 1, host.size()));
  }
  return numbers;
}

/// Labels of 1 to 63 characters with no hyphen at either end; or an address.
bool is_possible_host(std::string_view host) {
  if (host.empty() || host.find(':') != std::string_view::npos) return true;
  if (is_numeric(host)) return ipv4_numbers(host).has_value();
  if (host.size() > 253) return false;
  for (size_t start = 0; start <= host.size();) {
    size_t end = std::min(host.find('.', start), host.size());
    auto label = host.substr(start, end - start);
    bool is_root = label.empty() && end == host.size();
    if (!is_root && (label.empty() || label.size() > 63)) return false;
    if (label.starts_with('-') || label.ends_with('-')) return false;
    start = end + 1;
  }
  return true;
}

bool is_multicast(std::string_view host) {
  if (host.find(':') != std::string_view::npos) {
    return host.starts_with("ff") || host.starts_with("FF");
  }
  auto numbers = is_numeric(host) ? ipv4_numbers(host) : std::nullopt;
  return numbers && numbers->front() >= 224 && numbers->front() < 240;
}

outcome<void> check_advertised(const address& advertised) {
  std::string_view why;
  if (is_any_address(advertised.host) && !advertised.host.empty()) {
    why = "stands for every address of a machine, so no client could connect to it";
  } else if (advertised.host == "255.255.255.255") {
    why = "is a broadcast address";
  } else if (is_multicast(advertised.host)) {
    why = "is a multicast address, which nobody can connect to";
  } else if (!is_possible_host(advertised.host)) {
    why = "is neither an address nor a possible host name";
  } else if (advertised.port == 0) {
    why = "has no port that a client could connect to";
  }
  if (why.empty()) return {};
  return invalid(fmt::format(
      "advertised.listeners: {}://{}:{} {}; name the host that clients use to reach this broker",
      advertised.name, advertised.host, advertised.port, why));
}

/// Puts each advertised address to its listener.
outcome<void> advertise(const std::vector<address>& advertised,
                        std::vector<listener_config>& listeners) {
  for (const auto& entry : advertised) {
    auto at = std::ranges::find(listeners, entry.name, &listener_config::name);
    if (at == listeners.end()) {
      return invalid(fmt::format(
          "advertised.listeners: there is no listener {}; every advertised name must be one of "
          "listeners",
          entry.name));
    }
    OTTLA_TRY(check_advertised(entry));
    if (!entry.host.empty()) at->advertised_host = entry.host;
    at->advertised_port = entry.port;
  }
  return {};
}

}  // namespace

std::string_view security_protocol_name(security_protocol protocol) {
  switch (protocol) {
    case security_protocol::plaintext:
      return "PLAINTEXT";
    case security_protocol::ssl:
      return "SSL";
    case security_protocol::sasl_plaintext:
      return "SASL_PLAINTEXT";
    case security_protocol::sasl_ssl:
      return "SASL_SSL";
  }
  return "UNKNOWN";
}

bool is_loopback(std::string_view host) {
  return (is_numeric(host) && host.starts_with("127.")) || host == "::1" || host == "localhost";
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string to_string(const listener_config& listener) {
  bool is_ipv6 = listener.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", listener.name, is_ipv6 ? "[" : "", listener.host,
                     is_ipv6 ? "]" : "", listener.port);
}

outcome<std::vector<listener_config>> parse_listeners(const listener_settings& settings) {
  auto protocols = parse_protocol_map(settings.security_protocol_map);
  if (!protocols) return protocols.error();
  auto addresses = parse_addresses("listeners", settings.listeners, settings.passed_over);
  if (!addresses) return addresses.error();
  auto advertised =
      parse_addresses("advertised.listeners", settings.advertised_listeners, settings.passed_over);
  if (!advertised) return advertised.error();
  if (addresses->empty()) {
    return invalid("listeners: at least one is needed, for example PLAINTEXT://127.0.0.1:9092");
  }
  std::vector<listener_config> listeners;
  for (const auto& [name, host, port] : *addresses) {
    auto protocol = protocols->find(name);
    if (protocol == protocols->end()) {
      return invalid(
          fmt::format("listeners: no security protocol is defined for {}; add {}:PLAINTEXT to "
                      "listener.security.protocol.map",
                      name, name));
    }
    listener_config listener{
        .name = name, .protocol = protocol->second, .host = host, .port = port};
    OTTLA_TRY(check_protection(listener, settings.allow_insecure));
    listener.advertised_host = is_any_address(host) ? settings.host_name : host;
    listener.advertised_port = port;
    listeners.push_back(std::move(listener));
  }
  OTTLA_TRY(check_ports(listeners));
  OTTLA_TRY(advertise(*advertised, listeners));
  return listeners;
}

}  // namespace ottla
