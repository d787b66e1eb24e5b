// Which cluster a store holds, asked before any actor exists: the log directories have to be of it.
// Blocks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "storage/metadata/cluster_records.hpp"
#include "storage/metadata/metadata_store.hpp"

namespace ottla {

/// Opens a store that hands its answers to that executor.
using open_store = std::function<outcome<std::unique_ptr<metadata_store>>(store_executor)>;

/// The id of the cluster in the store. If it holds none yet, `fresh` becomes it, except where
/// `own_cluster` (what the log directories say; empty: they are new) asks for another one: metadata
/// that was lost is not begun anew beside the data.
outcome<std::string> join_cluster(const open_store& open, const cluster_record& fresh,
                                  const std::string& own_cluster, int64_t timeout_ms);

}  // namespace ottla
