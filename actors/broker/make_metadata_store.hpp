// Where a node keeps its metadata: the only place that knows which stores there are.
#pragma once

#include <memory>
#include <string>

#include "actors/config/broker_config.hpp"
#include "storage/metadata/metadata_store.hpp"

namespace ottla {

/// The file of the embedded store.
std::string embedded_store_path(const broker_config& config);

/// ZooKeeper if the configuration names servers, else the embedded store. Blocks until it is open.
/// The fault's message names what is wrong, for the operator.
outcome<std::unique_ptr<metadata_store>> make_metadata_store(const broker_config& config,
                                                             store_executor executor);

}  // namespace ottla
