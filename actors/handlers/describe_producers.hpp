// DescribeProducers (key 61): what a partition remembers of its producers.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_describe_producers(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
