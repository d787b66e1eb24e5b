// What the broker says to its gateway, and what it answers.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/config/listener_config.hpp"

namespace ottla {

/// Binds the listeners. Connections wait in the system until accept_connections.
struct open_gateway {
  std::vector<listener_config> listeners;
};

struct gateway_opened {
  /// Why not; then nothing is bound. For people: it names the address.
  std::optional<std::string> failure;
  /// As asked for, with the ports that the system picked.
  std::vector<listener_config> bound;
};

/// The broker serves: sessions begin.
struct accept_connections {};

/// Stops accepting and ends all sessions: what is in flight is answered first, for a short time.
struct close_gateway {};
struct gateway_closed {};

/// To the gateway, by a session.
struct session_ended {
  uint64_t session = 0;
};

struct query_gateway {};
struct gateway_counts {
  int64_t connections = 0;
  int64_t accepted_total = 0;
  int64_t refused_total = 0;  ///< For the limit per address.
  bool paused = false;        ///< At the limit of all connections.
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::open_gateway)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::gateway_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::accept_connections)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::close_gateway)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::gateway_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::session_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::query_gateway)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::gateway_counts)
