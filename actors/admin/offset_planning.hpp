// Where a reset puts the committed offsets of a group. Plain functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin-ui/server/change_views.hpp"

namespace ottla {

/// Where a group and the log of one partition stand.
struct partition_standing {
  partition_index partition = 0;
  std::optional<log_offset> committed;
  log_offset start = 0;
  log_offset end = 0;                 ///< The high watermark.
  std::optional<log_offset> at_time;  ///< The first record not older than asked; nothing: none is.
};

planned_offset plan_offset(const offset_target& target, const partition_standing& standing);

/// Equal for plans that found the group at the same offsets.
std::string mark_of(const std::vector<planned_offset>& offsets);

}  // namespace ottla
