// What `ottla group reset` is going to do, worked out before anything is changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/list_offsets.hpp"
#include "cli/position.hpp"

namespace ottla {

/// Where the offsets shall go: to a place, or by a number of records from the committed offset.
struct reset_target {
  std::optional<position> to;
  int64_t shift = 0;  ///< Used if `to` is empty.
};

struct reset_step {
  topic_partition which;
  std::optional<log_offset> before;  ///< Nothing: no offset is committed.
  log_offset after = 0;
  bool was_cut = false;  ///< The target lies outside the partition; the nearest end is taken.
};

/// One step per partition of `ranges`, in order. `at_time` has the offsets for a target in time, -1
/// where no record is that young. Partitions without a committed offset are left out of a shift.
std::vector<reset_step> plan_reset(const reset_target& target, const partition_ranges& ranges,
                                   const partition_offsets& committed,
                                   const partition_offsets& at_time);

}  // namespace ottla
