// AlterConfigs: replaces all stored configs of a topic or of brokers.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_alter_configs(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
