// DeleteRecords (key 21): raises the log start of partitions.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_delete_records(session_context& session, request incoming, reply_slot reply);

}  // namespace ottla
