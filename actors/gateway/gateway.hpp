// Starts the gateway: what the broker has to know of it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>

#include "actors/gateway/session_limits.hpp"
#include "actors/handlers/handler.hpp"
#include "actors/interfaces.hpp"

namespace ottla {

/// Of one listener, besides those of all together.
struct listener_limits {
  int32_t max_connections = std::numeric_limits<int32_t>::max();
  int32_t max_connection_rate = std::numeric_limits<int32_t>::max();
};

struct gateway_limits {
  int32_t max_connections = std::numeric_limits<int32_t>::max();  ///< `max.connections`
  int32_t max_by_open_files =
      std::numeric_limits<int32_t>::max();  ///< What the process has descriptors for.
  int32_t max_connections_per_ip = std::numeric_limits<int32_t>::max();  ///< `...per.ip`
  std::map<std::string, int32_t> per_ip_overrides;  ///< `max.connections.per.ip.overrides`
  int32_t max_connection_rate =
      std::numeric_limits<int32_t>::max();  ///< Per second: `max.connection.creation.rate`
  int32_t listen_backlog = 4096;            ///< `socket.listen.backlog.size`
  int32_t send_buffer_bytes = -1;           ///< `socket.send.buffer.bytes`; -1: the system's
  int32_t receive_buffer_bytes = -1;        ///< `socket.receive.buffer.bytes`; -1: the system's
  std::map<std::string, listener_limits, std::less<>> by_listener;  ///< `listener.name.<name>...`
  session_limits session;
};

struct gateway_setup {
  const broker_services* services = nullptr;  ///< Outlives the gateway and its sessions.
  std::span<const route> routes;              ///< Static: client_routes().
  gateway_limits limits;
  /// The limits as they are now, asked on the gateway's thread for each connection; empty: `limits`
  /// for ever.
  std::function<gateway_limits()> limits_now;
  memory_pool pool = memory_pool::clients;  ///< That its sessions receive into.
};

/// Starts the gateway on the first of the system's io_units. Tell it open_gateway, and
/// close_gateway before its exit.
gateway_handle spawn_gateway(caf::actor_system& system, gateway_setup setup);

}  // namespace ottla
