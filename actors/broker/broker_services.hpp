// What every session of a broker shares: references to its clock, memory and actors. Filled once by
// the broker before the first connection; read by handlers on every unit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/broker/open_partitions.hpp"
#include "actors/cluster/metadata_cache.hpp"
#include "actors/cluster/producer_ids.hpp"
#include "actors/config/config_cell.hpp"
#include "actors/group/coordinator_directory.hpp"
#include "actors/handlers/fetch_sessions.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/unit.hpp"

namespace ottla {

class file_system;

struct broker_services {
  const clock* time = &system_clock();
  memory_budget* memory = nullptr;
  std::vector<unit*> units;  ///< Where partitions live, by hash.
  config_cell* config = nullptr;
  const metadata_cache* metadata = nullptr;  ///< What this broker knows of the cluster.
  open_partitions* partitions = nullptr;
  fetch_sessions* fetches = nullptr;
  /// What this broker may give to idempotent producers.
  std::shared_ptr<producer_ids> ids = std::make_shared<producer_ids>();
  file_system* disk = nullptr;  ///< For the space left in log directories; null: unknown.
  const coordinator_directory* groups = nullptr;  ///< Who coordinates which group here.
  supervisor_handle supervisor;
  admin_handle controller;           ///< The way to whoever judges every change of the cluster.
  controller_handle own_controller;  ///< Of this broker, which may be in office or not.
  /// Makes a connection to another broker's listener for brokers, on that unit; whoever asked ends
  /// it. No handle if that broker is unknown; null where there is no other one.
  std::function<peer_handle(unit& where, broker_id other)> reach;
  /// By which brokers prove that they are of this cluster; empty where there is no other one.
  std::string cluster_secret;
};

}  // namespace ottla
