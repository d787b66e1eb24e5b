// AlterReplicaLogDirs: moves replicas of this broker between its log directories.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_alter_replica_log_dirs(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
