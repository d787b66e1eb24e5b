// CreateTopics: judged and made by the controller; answered when this broker has them open.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_create_topics(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
