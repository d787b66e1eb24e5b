// ListOffsets (key 2): offsets by time, and the ends of a log.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_list_offsets(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
