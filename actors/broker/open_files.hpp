// How the process's file descriptors are shared out between segment files and connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "actors/config/broker_config.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

struct open_files_plan {
  size_t log_files = 0;         ///< What the caches of all log directories hold open together.
  int32_t connections_max = 0;  ///< How many connections there is room for.
  /// A sentence if the configuration asks for more than there is.
  std::vector<std::string> warnings;
};

/// Raises the soft limit of this process to the hard one; answers with how many files it may have.
size_t raise_open_files_limit();

/// Shares `limit` descriptors out. Fault: too few to serve anybody.
outcome<open_files_plan> plan_open_files(size_t limit, const broker_config& config);

}  // namespace ottla
