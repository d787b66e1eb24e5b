// How the controller judges leaders' proposals for other in-sync replicas (rule F6).
#pragma once

#include "actors/cluster/change_context.hpp"
#include "actors/interfaces.hpp"

namespace ottla {

/// One answer for each proposal. Accepted only from the leader of the record, in its present life,
/// for the record as it is, and with members that are replicas in their present lives.
partitions_altered alter_isrs(const change_context& context, const alter_partitions& wanted);

}  // namespace ottla
