// One broker put together: the shared state, the actors, and who knows whom.
//
// Production (run_broker) and simulation build the same node on different seams: units, clock,
// disk, metadata store. A node is started once and stopped once; its actors end before it does.
#pragma once

#include <caf/actor_system.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "actors/broker/broker_services.hpp"
#include "actors/broker/log_dirs.hpp"
#include "actors/cluster/metadata_actor.hpp"
#include "actors/gateway/connector.hpp"

namespace ottla {

struct broker_setup;

/// What differs between a process and a simulated broker.
struct node_seams {
  std::vector<unit*> units;
  memory_budget* memory = nullptr;
  const clock* time = nullptr;
  file_system* disk = nullptr;
  std::unique_ptr<metadata_store> store;
  std::shared_ptr<store_mailbox> mailbox;  ///< The one that `store` was opened with.
  /// What the brokers of a cluster prove to each other; empty: this one is the only one.
  std::string cluster_secret;
  connector connect = connect_tcp;  ///< To other brokers.
};

class node {
public:
  /// Starts every actor but the gateway. `give_up` is called, from any thread, when the broker
  /// cannot go on.
  node(caf::actor_system& system, broker_config config, node_seams seams, opened_log_dirs dirs,
       std::function<void(std::string why)> give_up);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  [[nodiscard]] const broker_services& services() const { return services_; }
  [[nodiscard]] const broker_control& supervisor() const { return supervisor_; }
  /// What the supervisor is told first. `listeners`: with the ports that are really bound, that for
  /// brokers among them.
  [[nodiscard]] start_broker introduction(const std::vector<listener_config>& listeners) const;
  /// Ends the coordinators, before the partitions that they write to.
  void end_coordinators();
  /// Ends every actor; those that wait for something are answered with errors.
  void end();

private:
  void join_cluster(caf::actor_system& system, connector connect, broker_setup& setup);

  config_cell config_;
  metadata_cache metadata_cache_;
  open_partitions partitions_;
  coordinator_directory coordinators_directory_;
  random_source random_;
  std::mutex random_mutex_;
  fetch_sessions fetches_;
  broker_services services_;
  const last_stop stopped_;
  const uuid incarnation_;
  const uuid previous_incarnation_;
  metadata_handle metadata_;
  controller_handle controller_;
  controller_link controller_link_;  ///< Null where this broker is the only one.
  liveness_handle liveness_;         ///< The same.
  broker_control supervisor_;
  coordinators_handle coordinators_;
};

}  // namespace ottla
