// Fetch (key 1): one read per partition; waits on its partitions while there is too little to read.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_fetch(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
