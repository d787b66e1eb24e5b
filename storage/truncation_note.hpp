// The file that says that a log was cut below what its directory's checkpoint calls synced.
//
// The checkpoint follows up to a minute later. A log that ends before its recovery point has lost
// records to its disk, and their offsets are never used again; one that was truncated has not. The
// note is written before the cut, and goes once the log is synced as far as it was.
#pragma once

#include <string>
#include <string_view>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct truncation_note {
  log_offset cut_to = 0;
  log_offset synced_before = 0;  ///< No checkpoint written before the cut says more.

  friend bool operator==(const truncation_note&, const truncation_note&) = default;
};

/// Sealed text (small_files.hpp).
std::string encode_truncation(const truncation_note& note);
/// Faults: corrupt_message, unsupported_version.
outcome<truncation_note> decode_truncation(std::string_view text);

}  // namespace ottla
