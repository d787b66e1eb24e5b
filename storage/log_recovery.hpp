// What opening a log needs to know about the last run, and what it found.
//
//   clean          nothing is scanned: indexes and snapshots are complete
//   process_crash  the page cache survived: batch headers are walked from the last index entry on,
//                  and the last MiB is checked by CRC
//   machine_crash  everything from the recovery point on is checked by CRC
//
// A torn tail above the recovery point is cut to the edge of a batch. A bad batch below it is
// corruption, which is never cut away: it is quarantined (reads of it fail with corrupt_message)
// and reported.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "protocol/types.hpp"

namespace ottla {

enum class last_shutdown : uint8_t { clean, process_crash, machine_crash };

struct recovery_context {
  last_shutdown last = last_shutdown::clean;
  log_offset recovery_point = 0;    ///< Synced below it, by the directory's checkpoint.
  log_offset log_start_offset = 0;  ///< By the directory's checkpoint.
  timestamp_ms now_ms = 0;
  /// Another program wrote the log last. Kafka compacts above its recovery point, and its compacted
  /// segments may end anywhere: nothing tells them from those that lost their tails.
  bool is_foreign = false;
  std::stop_token stop{};  ///< Gives up, as a crash would; the next opening begins anew.
};

/// Records [first, next) of a segment that cannot be read, and the bytes that hold them.
struct quarantined_range {
  log_offset segment_base = 0;
  int64_t position = 0;
  int64_t length = 0;
  log_offset first = 0;
  log_offset next = 0;

  friend bool operator==(const quarantined_range&, const quarantined_range&) = default;
};

struct recovery_report {
  int64_t bytes_walked = 0;   ///< By header only.
  int64_t bytes_checked = 0;  ///< By CRC.
  int64_t bytes_cut = 0;
  int32_t segments_dropped = 0;  ///< Whole segments behind a torn one.
  int32_t indexes_rebuilt = 0;
  bool epochs_rebuilt = false;
  bool producers_replayed = false;
  std::vector<quarantined_range> quarantined;
  std::vector<std::string> notes;  ///< One sentence for each thing that was not as it should be.
};

}  // namespace ottla
