// Finds the next whole batch behind damaged bytes.
#pragma once

#include "storage/batch_scanner.hpp"

namespace ottla {

/// The first position in [from, end) of `source` with a batch that has a right CRC and begins at or
/// above `lowest`. Looks at every byte: only for files that are known to be damaged.
outcome<std::optional<located_batch>> find_valid_batch(const readable_file& source, int64_t from,
                                                       int64_t end, log_offset lowest);

}  // namespace ottla
