// What has to be in ZooKeeper before a store works on it: the chroot and our root node below it.
//
// The root node "<chroot>/ottla" says whose data lies below it and in which format, so that a
// cluster never mixes with another system's. Blocks; for the sources of this folder only.
#pragma once

#include <string>

#include "storage/metadata/zookeeper_handle.hpp"

namespace ottla {

inline constexpr const char* zookeeper_root_name = "/ottla";
inline constexpr const char* zookeeper_root_text = "ottla metadata, format ";
inline constexpr int zookeeper_format = 1;
/// Below the root: written with every commit that creates nodes, and so the witness of its id.
inline constexpr const char* zookeeper_witness_name = "/last_creation";

/// Makes what is missing. Refused: a chroot with data of another system, data of a newer format,
/// or of another user. BROKER_NOT_AVAILABLE if the connection was lost over it: try again.
outcome<void> prepare_zookeeper_root(zookeeper_handle& handle, const std::string& chroot,
                                     const ACL_vector& acl);

}  // namespace ottla
