// Shell completion scripts, from the tree of commands.
#pragma once

#include <string>

#include "cli/command.hpp"

namespace ottla {

/// For bash: load it with `source <(ottla completion bash)`.
std::string bash_completion(const command& program);
std::string zsh_completion(const command& program);
std::string fish_completion(const command& program);

}  // namespace ottla
