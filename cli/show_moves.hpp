// What the commands that move replicas show of it: plans, moves under way, progress.
#pragma once

#include <boost/json/object.hpp>

#include "cli/reassignment.hpp"
#include "cli/replica_plan.hpp"

namespace ottla {

boost::json::object wanted_json(const wanted_replicas& wanted);
boost::json::object moving_json(const partition_state& partition);
/// `throttle`: bytes a second that each broker is to send and take; nothing: all that it can.
boost::json::object plan_json(const std::vector<plan_partition>& partitions,
                              const std::vector<replica_move>& moves,
                              const std::optional<int64_t>& throttle, bool is_applied);

/// What each broker has and will have, and what that costs.
void print_plan(const std::vector<plan_partition>& partitions,
                const std::vector<replica_move>& moves, const std::optional<int64_t>& throttle);

/// Prints the progress, with the pace and what is left at it, until nothing is moved any more; then
/// takes a throttle of moves away. Returns the exit code.
int watch_moves(const connection_options& options, const std::vector<partition_name>& names,
                bool as_json);

}  // namespace ottla
