// DescribeLogDirs: what lies in which log directory, and how much room each has.
#pragma once

#include <functional>

#include "actors/broker/move_messages.hpp"
#include "actors/handlers/handler.hpp"
#include "actors/partition/partition_messages.hpp"
#include "protocol/messages/describe_log_dirs.hpp"
#include "storage/file_system.hpp"

namespace ottla {

void handle_describe_log_dirs(session_context& session, request incoming, reply_slot reply);

/// The answer for these directories; a replica that moves is shown at both ends. Partitions in
/// other directories are left out; `space` asks the system for the room in one.
describe_log_dirs_response answer_describe_log_dirs(
    const std::vector<std::string>& directories,
    const std::vector<partition_description>& partitions, const std::vector<running_move>& moves,
    const std::function<outcome<disk_space>(const std::string&)>& space);

}  // namespace ottla
