// OffsetForLeaderEpoch (key 23): where the log of an epoch ends.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_offset_for_leader_epoch(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
