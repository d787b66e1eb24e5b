// Options of commands that act as a broker does: from where its configuration comes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/config/broker_config.hpp"
#include "cli/command.hpp"

namespace ottla {

struct broker_options {
  std::optional<std::string> config_file;
  std::vector<std::string> overrides;
};

/// Adds --config and --override.
void add_broker_options(command& to, broker_options& options);

/// Reads them, and the environment; warnings go to the log. The fault's message names every
/// problem.
outcome<broker_config> load(const broker_options& options);

}  // namespace ottla
