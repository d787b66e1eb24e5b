// Every command of the program; each comes from a file of its own.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace ottla {

command cluster_command();
command config_command();
command group_command();
command serve_command();
command log_command();
command topic_command();
command why_command();

/// The whole tree: `ottla` itself. `words` are the arguments it was started with, for the commands
/// that hand over to another program.
command program_command(const std::vector<std::string>& words = {});

}  // namespace ottla
