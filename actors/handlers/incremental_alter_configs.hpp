// IncrementalAlterConfigs: sets, removes, appends to and subtracts from single configs.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_incremental_alter_configs(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
