// The process of one broker: from its configuration to a clean end.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "actors/config/broker_config.hpp"

namespace ottla {

/// Gets the listeners as they are bound, those for clients and brokers and those of the admin
/// interface.
using serving_function =
    std::function<void(const std::vector<listener_config>&, const std::vector<admin_address>&)>;

/// Runs a broker until SIGTERM or SIGINT and returns the exit status: 0 after a clean stop, 1 if it
/// could not start or go on (the reason is on standard error or in the log). `serving` is called
/// once it accepts connections. Call on the main thread, before any other thread exists.
int run_broker(const broker_config& config, const serving_function& serving);

}  // namespace ottla
