// The subcommands of `ottla cluster` that come from files of their own.
#pragma once

#include "cli/command.hpp"

namespace ottla {

command cluster_drain_command();
command cluster_elect_command();
command cluster_import_command();
command cluster_reassign_command();
command cluster_rebalance_command();
command cluster_status_command();

}  // namespace ottla
