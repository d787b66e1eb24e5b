// OffsetDelete (key 47): single offsets of a group go.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_offset_delete(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
