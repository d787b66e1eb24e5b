// Every command of the program; each comes from a file of its own.
#pragma once

#include "cli/command.hpp"

namespace ottla {

command cluster_command();
command config_command();
command group_command();
command topic_command();

/// The whole tree: `ottla` itself.
command program_command();

}  // namespace ottla
