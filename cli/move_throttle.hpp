// The throttle of moves: Kafka's keys, set before replicas move and taken away after the last.
//
// Topics name the replicas that wait, brokers say how many bytes a second they send and take for
// such (docs/replication.md). The cluster keeps both: nobody has to stay.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/cluster_state.hpp"
#include "cli/replica_plan.hpp"

namespace ottla {

/// What one topic is to name.
struct throttled_topic {
  std::string name;
  std::string leaders;    ///< "0:1,0:2": those that have the partitions now.
  std::string followers;  ///< "0:4": those that copy them.

  friend bool operator==(const throttled_topic&, const throttled_topic&) = default;
};

/// For `moves`, and for all that is being moved already.
std::vector<throttled_topic> throttled_topics(const cluster_state& cluster,
                                              const std::vector<replica_move>& moves);

/// Sets it for every broker that is registered.
outcome<void> set_throttle(admin_client& client, const cluster_state& cluster,
                           const std::vector<throttled_topic>& topics, int64_t bytes_per_second);

/// Takes it away if nothing is being moved any more. Replicas that somebody throttles for good, by
/// "*", are left alone, and then the rates are as well. True if there was something to take away.
outcome<bool> end_throttle(admin_client& client);

/// How long `moves` take when each broker sends and takes that much: as long as the busiest needs.
int64_t seconds_at(const std::vector<replica_move>& moves, int64_t bytes_per_second);

}  // namespace ottla
