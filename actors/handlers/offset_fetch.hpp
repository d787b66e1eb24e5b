// OffsetFetch (key 9): the positions that groups have kept.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_offset_fetch(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
