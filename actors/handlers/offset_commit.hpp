// OffsetCommit (key 8): a group keeps its positions.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_offset_commit(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
