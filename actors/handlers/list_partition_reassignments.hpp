// ListPartitionReassignments: partitions whose replicas are being moved, from the newest image.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_list_partition_reassignments(session_context& session, request incoming,
                                         reply_slot reply);

}  // namespace ottla
