// Options that every command has which talks to a cluster.
#pragma once

#include "cli/admin_client.hpp"
#include "cli/command.hpp"

namespace ottla {

struct remote_options : connection_options {
  /// --bootstrap begins with OTTLA_BOOTSTRAP where the environment has it.
  remote_options();
  bool json = false;
};

/// Adds --bootstrap, --timeout and --json behind the command's own options.
void add_remote_options(command& to, remote_options& options);

/// Empty if the options can be meant.
std::string wrong_timeout(const connection_options& options);

/// Connects and runs `action` with the client; reports a fault. Returns the exit code.
int with_client(const connection_options& options,
                const std::function<outcome<void>(admin_client&)>& action);

}  // namespace ottla
