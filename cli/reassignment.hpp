// Moves of replicas: told to the controller, listed, cancelled, waited for. The controller works
// through them by itself; nobody has to stay.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cluster_state.hpp"
#include "cli/partition_names.hpp"

namespace ottla {

struct wanted_replicas {
  topic_partition which;
  std::optional<std::vector<broker_id>> replicas;  ///< Nothing: cancel the move under way.
};

/// The JSON of Kafka's kafka-reassign-partitions: {"version":1,"partitions":[{"topic":"orders",
/// "partition":0,"replicas":[1,2,3]}]}. INVALID_REQUEST names what is wrong with it.
outcome<std::vector<wanted_replicas>> parse_reassignment(std::string_view text);
/// The same form, so that a move can be taken back.
std::string reassignment_text(const std::vector<wanted_replicas>& wanted);

/// Tells the controller. A cancelled move that was not under way is no fault. Faults are reported
/// one by one.
outcome<void> reassign(admin_client& client, const std::vector<wanted_replicas>& wanted);

/// Whether nothing has to be moved: no move is under way, and the replicas are there in this order.
bool is_in_place(const cluster_state& cluster, const wanted_replicas& wanted);

/// How far moves are.
struct move_progress {
  size_t partitions = 0;      ///< Still being moved.
  int64_t bytes_to_copy = 0;  ///< Of all replicas that are being added.
  int64_t bytes_copied = 0;

  friend bool operator==(const move_progress&, const move_progress&) = default;
};

/// Of the moves under way that `names` mean; of all if there are none.
outcome<move_progress> progress_of(admin_client& client, const std::vector<partition_name>& names);

/// Asks once a second, over a new connection each time, until nothing moves any more. `seen` hears
/// of every answer. Brokers that do not answer for a while are no fault.
outcome<void> wait_for_moves(const connection_options& options,
                             const std::vector<partition_name>& names,
                             const std::function<void(const move_progress&)>& seen);

/// "3 partitions are being moved, 1.2 GiB of 4.0 GiB copied".
std::string to_text(const move_progress& progress);

}  // namespace ottla
