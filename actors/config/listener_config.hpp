// Listeners: where a broker accepts connections and under which address clients reach it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/outcome.hpp"

namespace ottla {

/// Numbers of Kafka's protocol.
enum class security_protocol : int16_t { plaintext = 0, ssl = 1, sasl_plaintext = 2, sasl_ssl = 3 };

/// "PLAINTEXT", "SASL_SSL", ...
std::string_view security_protocol_name(security_protocol protocol);

/// One listener. An empty `host` means every address of the machine; port 0 means that the system
/// picks one, which is then advertised.
struct listener_config {
  std::string name;  ///< Upper case, e.g. "PLAINTEXT".
  security_protocol protocol = security_protocol::plaintext;
  std::string host;
  uint16_t port = 0;
  std::string advertised_host;
  uint16_t advertised_port = 0;

  friend bool operator==(const listener_config&, const listener_config&) = default;
};

/// The texts of the keys that describe listeners.
struct listener_settings {
  std::string listeners;
  std::string advertised_listeners;  ///< Empty: as `listeners`.
  std::string security_protocol_map;
  std::vector<std::string>
      passed_over;        ///< Names that are left out (Kafka's controller listeners).
  std::string host_name;  ///< Of this machine; advertised for listeners on every address.
  bool allow_insecure = false;
};

/// Reads and judges listeners. Refused: duplicate names or ports, a protocol this version lacks, an
/// advertised address nobody can reach (0.0.0.0), and a listener that other machines can reach
/// without authentication unless `allow_insecure`.
outcome<std::vector<listener_config>> parse_listeners(const listener_settings& settings);

/// As the names of listeners are compared.
std::string upper_case(std::string_view text);

/// "PLAINTEXT://127.0.0.1:9092", with brackets around an IPv6 address.
std::string to_string(const listener_config& listener);

/// Whether `host` can be reached from this machine only (127.0.0.0/8, ::1, localhost).
bool is_loopback(std::string_view host);

}  // namespace ottla
