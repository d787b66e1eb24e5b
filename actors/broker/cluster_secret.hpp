// The secret that the brokers of a cluster share, in a file that only its owner can read. Blocks.
#pragma once

#include <string>

#include "protocol/outcome.hpp"

namespace ottla {

/// Reads the secret; makes the file, with mode 0600, if there is none. Refused: a file that others
/// may read or write, one that is too short to be a secret, and one that cannot be read.
outcome<std::string> load_cluster_secret(const std::string& path);

}  // namespace ottla
