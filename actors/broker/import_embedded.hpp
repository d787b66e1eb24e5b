// Moves the metadata of a node that was its own cluster into ZooKeeper, so that it can go on as the
// first broker of a larger one. Blocks; the node must be stopped.
//
// What is written last makes the cluster: until then brokers find none, and the move can be begun
// again however it ended. Before that the embedded store is marked, and no node starts on it any
// more, so that there are never two clusters with one id.
#pragma once

#include <string>

#include "actors/broker/blocking_store.hpp"
#include "actors/config/broker_config.hpp"

namespace ottla {

struct import_report {
  std::string cluster_id;
  size_t topics = 0;
  size_t partitions = 0;
  bool was_complete = false;  ///< An earlier move had done everything.
};

/// Moves from the embedded store in the metadata directory to where zookeeper.connect leads.
/// Refused: a store in use, a root in ZooKeeper that is not empty, replicas that are not on this
/// node.
outcome<import_report> import_embedded(const broker_config& config);

/// The same between two stores. `node` is the broker that has all replicas; `destination` says for
/// people where they go.
outcome<import_report> move_metadata(blocking_store& embedded, blocking_store& cluster,
                                     broker_id node, const std::string& destination);

}  // namespace ottla
