// CreatePartitions: a topic grows to a new total.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_create_partitions(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
