// DeleteTopics: by name, or by id from version 6 on; the name is free again at once.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_delete_topics(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
