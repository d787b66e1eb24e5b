// Compaction: of each key only the last record stays.
//
// A `compaction` cleans one log in steps, so that a detached cleaner can be cancelled between any
// two of them. It first reads the dirty section into a bounded map from key to last offset, then
// rewrites closed segments group by group into `.cleaned` files. Only `swap()` touches the log and
// must run where the log runs; everything else uses files alone.
//
//   clean section        dirty section              not cleanable
//   [0 ......... 41] [42 .. 99] [100 .. 129] | [130 .. 160  active )
//                     ^ first_dirty            ^ upper
//
// The switch is safe at every step: all of `.cleaned` is synced, renamed to `.swap`, the old
// segments are renamed to `.deleted`, then `.swap` loses its suffix. Recovery finishes or undoes
// it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "storage/batch_cleaner.hpp"
#include "storage/partition_log.hpp"

namespace ottla {

/// How dirty a log is, and what may be cleaned.
struct compaction_plan {
  log_offset first_dirty = 0;  ///< Nothing above it was in the last compaction.
  log_offset upper = 0;        ///< Nothing at or above it may be cleaned now.
  int64_t clean_bytes = 0;
  int64_t dirty_bytes = 0;
  bool overdue = false;  ///< max.compaction.lag.ms has passed for a dirty record.
  /// When time alone may have made more of it due: what is not synced or not visible yet (now), or
  /// too young. Nothing: time will not.
  std::optional<timestamp_ms> look_again_ms;

  /// Dirty share of what could be cleaned, 0..1.
  [[nodiscard]] double dirty_ratio() const;
  /// Whether it is worth (or time for) a compaction by `options`.
  [[nodiscard]] bool is_due(const log_options& options) const;
};

/// Looks at the log; called where the log runs. `clean_point`: by the cleaner checkpoint, 0 if
/// none. `stable_below`: high watermark or last stable offset. Nothing above the log's recovery
/// point is cleaned: flush before planning where no flusher does.
outcome<compaction_plan> plan_compaction(partition_log& log, log_offset clean_point,
                                         log_offset stable_below, timestamp_ms now_ms);

struct compaction_limits {
  size_t map_bytes = size_t{128} << 20;  ///< log.cleaner.dedupe.buffer.size, for this compaction.
  double map_load_factor = 0.9;
  int32_t max_message_bytes = 1'048'588;
  int64_t segment_bytes = 1 << 30;
  int32_t segment_index_bytes = 10 << 20;
  int32_t index_interval_bytes = 4096;
  int64_t delete_retention_ms = 86'400'000;
  std::array<uint64_t, 2> hash_seed{};  ///< Random, so that nobody can make keys collide.
};

class compaction {
public:
  /// Captures what it needs of the log; called where the log runs.
  compaction(partition_log& log, const compaction_plan& plan, const compaction_limits& limits,
             timestamp_ms now_ms);
  ~compaction();

  enum class progress : uint8_t {
    working,     ///< Call step() again.
    swap_ready,  ///< Call swap() where the log runs, then step() again.
    done
  };

  /// About a MiB of work on any thread. A fault leaves the log as it was.
  outcome<progress> step();
  /// Puts the finished segment in its place; the removal may run anywhere, later. A fault
  /// (invalid_request: retention or a truncation was faster) ends the compaction.
  outcome<removal_job> swap(partition_log& log);
  /// Removes unfinished files. Also done by the destructor.
  void cancel();

  /// The new clean point, once done: for the cleaner checkpoint.
  [[nodiscard]] log_offset cleaned_up_to() const;
  [[nodiscard]] compaction_stats stats() const;
  [[nodiscard]] const std::string& directory() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ottla
