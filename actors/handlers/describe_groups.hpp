// DescribeGroups (key 15): groups with their members.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_describe_groups(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
