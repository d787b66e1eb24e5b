// AlterPartitionReassignments: moves partitions to other brokers, and cancels such moves.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_alter_partition_reassignments(session_context& session, request incoming,
                                          reply_slot reply);

}  // namespace ottla
