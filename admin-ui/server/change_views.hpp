// Changes of groups' offsets, of logs and of replicas, as the admin interface plans and asks for
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// For changes: nothing but success.
struct change_made {};

// Where committed offsets are put: never outside what the log has.
struct to_earliest {};
struct to_latest {};
/// The first record that is not older.
struct to_time {
  timestamp_ms timestamp = 0;
};
struct to_offset {
  log_offset offset = 0;
};
/// From where the group is; from the log's start where it has committed nothing.
struct to_shifted {
  int64_t by = 0;
};
using offset_target = std::variant<to_earliest, to_latest, to_time, to_offset, to_shifted>;

struct offset_reset {
  std::string group;
  std::string topic;
  std::vector<partition_index> partitions;  ///< Empty: all.
  offset_target target;
  bool validate_only = false;
  /// Refuse unless the group stands where the plan with this mark found it. Empty: do it.
  std::string expected;
};

struct planned_offset {
  partition_index partition = 0;
  std::optional<log_offset> from;  ///< Nothing: not committed.
  log_offset to = 0;
  std::optional<int64_t> skipped;  ///< Records that will not be read; below 0: read once more.

  friend bool operator==(const planned_offset&, const planned_offset&) = default;
};

struct offset_plan {
  std::vector<planned_offset> offsets;
  std::string mark;  ///< Of where the group stood.
  bool is_done = false;
};

/// Records below the offset go; nothing: all that are safe.
struct partition_deletion {
  partition_index partition = 0;
  std::optional<log_offset> before;
};

struct record_deletion {
  std::string topic;
  std::vector<partition_deletion> partitions;
  bool validate_only = false;
};

struct deleted_records {
  partition_index partition = 0;
  log_offset start = 0;   ///< Of the log, before.
  log_offset before = 0;  ///< Of the log, then.
  std::optional<fault> failure;

  [[nodiscard]] int64_t records() const { return before > start ? before - start : 0; }
};

struct reassignment_view {
  topic_partition which;
  std::vector<broker_id> replicas;  ///< With those that are added and those that leave.
  std::vector<broker_id> adding;
  std::vector<broker_id> removing;
};

struct replica_choice {
  topic_partition which;
  std::optional<std::vector<broker_id>> replicas;  ///< Nothing: end the move that runs.
};

struct leader_election {
  std::vector<topic_partition> partitions;
  bool is_unclean = false;  ///< May lose records: a replica that was not in sync leads.
};

struct partition_outcome {
  topic_partition which;
  std::optional<fault> failure;
};

}  // namespace ottla
