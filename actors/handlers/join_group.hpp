// JoinGroup (key 11): a member enters a group or a rebalance.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_join_group(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
