// Finds the next whole batch behind damaged bytes.
#pragma once

#include "storage/batch_scanner.hpp"

namespace ottla {

/// Which offsets a batch may have: [lowest, limit).
struct offset_bounds {
  log_offset lowest = 0;
  log_offset limit = INT64_MAX;
};

/// Whether a whole batch lies right behind this one that belongs into the bounds and not behind it:
/// then its own offset, which no CRC covers, is wrong.
outcome<bool> is_contradicted(const readable_file& source, const located_batch& batch, int64_t end,
                              const offset_bounds& bounds);

/// The first position in [from, end) of `source` with a batch that has a right CRC, offsets within
/// bounds, and is not contradicted. Looks at every byte: only for files that are known to be
/// damaged.
outcome<std::optional<located_batch>> find_valid_batch(const readable_file& source, int64_t from,
                                                       int64_t end, const offset_bounds& bounds);

}  // namespace ottla
