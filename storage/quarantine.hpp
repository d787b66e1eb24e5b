// The file that remembers damaged ranges of a log over restarts, and the holes they make.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/outcome.hpp"
#include "storage/batch_scanner.hpp"
#include "storage/log_recovery.hpp"

namespace ottla {

/// Sealed text (small_files.hpp), one range a line.
std::string encode_quarantine(const std::vector<quarantined_range>& ranges);
/// Faults: corrupt_message, unsupported_version.
outcome<std::vector<quarantined_range>> decode_quarantine(std::string_view text);

/// The bytes that readers of segment `base` jump over.
std::vector<byte_range> holes_of(const std::vector<quarantined_range>& ranges, log_offset base);

}  // namespace ottla
