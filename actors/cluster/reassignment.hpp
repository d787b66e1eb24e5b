// AlterPartitionReassignments as an edit of a draft, with Kafka's checks, error codes and wording
// (KIP-455, KIP-860).
#pragma once

#include "actors/cluster/change_context.hpp"
#include "protocol/messages/alter_partition_reassignments.hpp"

namespace ottla {

/// Starts, redirects and cancels moves, each partition for itself.
alter_partition_reassignments_response alter_partition_reassignments(
    const change_context& context, const alter_partition_reassignments_request& request);

}  // namespace ottla
