// `ottla consume` on librdkafka.
#pragma once

#include "cli/client_commands.hpp"

namespace ottla {

/// Returns the exit code.
int consume(const consume_options& options);

}  // namespace ottla
