// Checks of replicas that somebody has chosen by hand, with Kafka's error codes and wording.
#pragma once

#include <vector>

#include "actors/cluster/metadata_image.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

/// One partition's replicas, as an operator wrote them: not empty, each registered, each once.
/// `replication_factor` is 0 where any number will do. INVALID_REPLICA_ASSIGNMENT.
outcome<void> check_manual_replicas(const std::vector<broker_id>& replicas,
                                    size_t replication_factor, const metadata_image& image);

}  // namespace ottla
