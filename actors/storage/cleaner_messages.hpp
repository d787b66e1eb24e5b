// Compaction as a conversation: the cleaner does the reading and writing on its own thread, the log
// plans, begins and swaps, because only it may touch its segments.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/outcome.hpp"
#include "storage/compaction.hpp"

namespace ottla {

/// Is there enough to clean? Cleaned up to `clean_point` before; nothing at or above `stable_below`
/// may be touched (the partition fills that in).
struct plan_compaction_of_log {
  log_offset clean_point = 0;
  log_offset stable_below = 0;
};

struct compaction_planned {
  bool is_due = false;
  compaction_plan plan;
  std::optional<fault> failure;
};

struct begin_compaction {
  compaction_plan plan;
  compaction_limits limits;
};

struct compaction_begun {
  std::shared_ptr<compaction> job;  ///< Null: the log cannot be compacted now.
};

/// The job has a finished segment for the log to put in place.
struct swap_compaction {
  std::shared_ptr<compaction> job;
};

struct compaction_swapped {
  std::optional<fault> failure;
};

/// How the cleaner is to work; from log.cleaner.*.
struct cleaner_settings {
  int64_t map_bytes_max = int64_t{128} << 20;
  double bytes_per_second_max = 0;  ///< 0: no limit.
};

/// To the cleaner, by itself: go on with the job in hand.
struct clean_step {};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::plan_compaction_of_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::compaction_planned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::begin_compaction)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::compaction_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::swap_compaction)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::compaction_swapped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::clean_step)
