// The metadata store of a cluster: nodes in ZooKeeper, below "<chroot>/ottla".
//
// The client's own threads only hand over to the executor. A session that expires is followed by a
// new one. docs/metadata.md has the layout of the nodes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "storage/metadata/metadata_store.hpp"
#include "storage/metadata/zookeeper_address.hpp"

namespace ottla {

struct zookeeper_options {
  zookeeper_address address;
  int32_t session_timeout_ms = 18'000;     ///< Asked for; the servers have limits of their own.
  int32_t connection_timeout_ms = 18'000;  ///< Of the first connection.
  /// Identifies the brokers, as "user:password"; goes over the wire in clear.
  std::optional<std::string> digest;
  /// New nodes can be read and written only by that user; otherwise by everybody.
  bool creator_only = false;
};

/// Connects, and makes the root of a new cluster. Blocks until then. Refused: servers that cannot
/// be reached in time, a chroot with data of another system, of another user, or of a newer format.
outcome<std::unique_ptr<metadata_store>> open_zookeeper_metadata_store(zookeeper_options options,
                                                                       store_executor executor);

}  // namespace ottla
