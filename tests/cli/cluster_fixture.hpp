// Small clusters for the tests of what judges, explains and plans.
#pragma once

#include "cli/cluster_state.hpp"

namespace ottla::testing {

inline partition_state partition_of(std::string topic, partition_index index,
                                    std::vector<broker_id> replicas) {
  auto leader = replicas.front();
  return {.which = {std::move(topic), index},
          .leader = leader,
          .epoch = 0,
          .replicas = replicas,
          .isr = std::move(replicas)};
}

/// Brokers 1, 2, 3, up, of which 1 is the controller; topic "orders" with one partition on all.
inline cluster_state well_cluster() {
  cluster_state cluster{.cluster_id = "c", .controller = 1, .default_replication_factor = 3};
  for (broker_id id : {1, 2, 3}) {
    cluster.brokers.push_back({.id = id, .address = "host:" + std::to_string(9000 + id)});
  }
  cluster.topics.push_back({.name = "orders",
                            .min_insync_replicas = 2,
                            .partitions = {partition_of("orders", 0, {1, 2, 3})}});
  return cluster;
}

inline partition_state& orders_0(cluster_state& cluster) {
  return cluster.topics.back().partitions.front();
}

inline void remove_broker(cluster_state& cluster, broker_id id) {
  std::erase_if(cluster.brokers, [&](const auto& broker) { return broker.id == id; });
  for (auto& topic : cluster.topics) {
    for (auto& partition : topic.partitions) std::erase(partition.isr, id);
  }
}

}  // namespace ottla::testing
