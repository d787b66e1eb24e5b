// Which replicas should lie where: plans for balancing a cluster and for emptying a broker, with as
// little movement as that takes. Plain functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct plan_broker {
  broker_id id = no_broker;
  std::optional<std::string> rack;
  /// False for one that is away: it keeps what it has and gets nothing. Not for balanced plans.
  bool takes_more = true;
};

struct plan_partition {
  topic_partition which;
  std::vector<broker_id> replicas;  ///< The first is the preferred leader.
  int64_t bytes = 0;                ///< Of one replica.
};

struct plan_goal {
  std::vector<plan_broker> brokers;          ///< Those that may have replicas.
  std::optional<size_t> replication_factor;  ///< Nothing: as many replicas as there are.
  /// Also even out replicas, bytes, leaders and racks; otherwise only move what has to go.
  bool is_balanced = true;
};

struct replica_move {
  topic_partition which;
  std::vector<broker_id> before;
  std::vector<broker_id> after;
  int64_t bytes = 0;  ///< To copy; 0 where only the order changes.
};

/// The partitions that change, in the order given. INVALID_REPLICATION_FACTOR where there are not
/// enough brokers for the replicas that are wanted.
outcome<std::vector<replica_move>> plan_replicas(const std::vector<plan_partition>& partitions,
                                                 const plan_goal& goal);

struct plan_load {
  int64_t replicas = 0;
  int64_t leaders = 0;  ///< Partitions of which it is the preferred leader.
  int64_t bytes = 0;
};

/// What each broker has, and what it will have when `moves` are done.
std::map<broker_id, plan_load> loads_before(const std::vector<plan_partition>& partitions);
std::map<broker_id, plan_load> loads_after(const std::vector<plan_partition>& partitions,
                                           const std::vector<replica_move>& moves);

}  // namespace ottla
