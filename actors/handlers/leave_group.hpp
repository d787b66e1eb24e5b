// LeaveGroup (key 13): members leave a group.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_leave_group(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
