// Looks through one log for bytes that have changed on the disk, a MiB at a time.
//
// Captures what it needs where the log runs; step() then runs on any thread, on files of its own.
// What it finds is put before the log (partition_log::quarantine), which looks again: the segment
// may have been compacted or cut meanwhile.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "storage/partition_log.hpp"
#include "storage/segment_scrub.hpp"

namespace ottla {

class log_scrub {
public:
  explicit log_scrub(partition_log& log);

  struct progress {
    int64_t bytes = 0;  ///< Read in this step.
    std::vector<quarantined_range> damaged;
    bool done = false;
  };
  /// About a MiB. Fault: the disk cannot be read; the next step goes on with the next segment.
  outcome<progress> step();
  [[nodiscard]] const std::string& directory() const { return directory_; }

private:
  struct source {
    log_offset base = 0;
    log_offset end = 0;  // the next segment's base, or the log end of then
    int64_t size = 0;
    std::string path;
    std::vector<byte_range> holes;
  };

  outcome<bool> open_next();
  [[nodiscard]] quarantined_range range_of(const damaged_bytes& damage) const;

  file_system& disk_;
  std::string directory_;
  std::deque<source> sources_;  // the first one is open if there is a scrub
  std::optional<segment_scrub> open_;
};

}  // namespace ottla
