// Which cluster a store holds, asked before any actor exists: the log directories have to be of it.
// Blocks.
#pragma once

#include <string>

#include "actors/broker/waiting_room.hpp"
#include "storage/metadata/cluster_records.hpp"

namespace ottla {

/// The id of the cluster in the store. If it holds none yet, `fresh` becomes it, except where
/// `own_cluster` (what the log directories say; empty: they are new) asks for another one: metadata
/// that was lost is not begun anew beside the data.
outcome<std::string> join_cluster(const open_store& open, const cluster_record& fresh,
                                  const std::string& own_cluster, int64_t timeout_ms);

}  // namespace ottla
