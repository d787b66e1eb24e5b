// Which brokers get the replicas of new partitions. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// A broker that may get replicas.
struct placement_candidate {
  broker_id id = no_broker;
  std::optional<std::string> rack;
};

struct placement_request {
  int32_t partitions = 0;
  int32_t replication_factor = 0;
  int32_t first_partition = 0;  ///< Of a topic that grows: how many it has already.
  uint64_t random = 0;          ///< Chooses where the round begins.
};

/// Leaders go round the brokers, racks alternating; the replicas of a partition are spread over as
/// many racks as there are. Fails with INVALID_REPLICATION_FACTOR if there are too few brokers.
outcome<std::vector<std::vector<broker_id>>> assign_replicas(
    std::vector<placement_candidate> candidates, const placement_request& wanted);

}  // namespace ottla
