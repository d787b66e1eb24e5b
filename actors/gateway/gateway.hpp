// Starts the gateway: what the broker has to know of it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>

#include "actors/gateway/session_limits.hpp"
#include "actors/handlers/handler.hpp"
#include "actors/interfaces.hpp"

namespace ottla {

struct gateway_limits {
  int32_t max_connections = std::numeric_limits<int32_t>::max();         ///< `max.connections`
  int32_t max_connections_per_ip = std::numeric_limits<int32_t>::max();  ///< `...per.ip`
  std::map<std::string, int32_t> per_ip_overrides;  ///< `max.connections.per.ip.overrides`
  session_limits session;
};

struct gateway_setup {
  const broker_services* services = nullptr;  ///< Outlives the gateway and its sessions.
  std::span<const route> routes;              ///< Static: client_routes().
  gateway_limits limits;
};

/// Starts the gateway on the first of the system's io_units. Tell it open_gateway, and
/// close_gateway before its exit.
gateway_handle spawn_gateway(caf::actor_system& system, gateway_setup setup);

}  // namespace ottla
