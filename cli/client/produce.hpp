// `ottla produce` on librdkafka.
#pragma once

#include "cli/client_commands.hpp"

namespace ottla {

/// Returns the exit code.
int produce(const produce_options& options);

}  // namespace ottla
