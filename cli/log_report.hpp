// Reads the files of a partition for `ottla log`: what is in them, and what is wrong with them.
//
// Only reads; works beside a running broker, whose newest batch may then be half written.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "protocol/outcome.hpp"
#include "storage/batch_scanner.hpp"
#include "storage/file_system.hpp"

namespace ottla {

/// Segment files (`.log`) of `path`: itself, those of a partition, or of a whole log directory.
outcome<std::vector<std::string>> find_segments(file_system& disk, const std::string& path);

/// Calls `visit` with each batch and its bytes; false from `visit` ends it. What cannot be
/// a batch is a fault that names its position; checksums are left to `visit`.
outcome<void> for_each_batch(
    file_system& disk, const std::string& segment,
    const std::function<bool(const located_batch&, std::span<const std::byte>)>& visit);

struct segment_report {
  std::string path;
  int64_t bytes = 0;
  int64_t batches = 0;
  int64_t records = 0;
  log_offset first_offset = -1;
  log_offset last_offset = -1;
  std::vector<std::string> problems;
};

/// Checks every batch with its CRC and records, and the indexes beside the segment.
outcome<segment_report> verify_segment(file_system& disk, const std::string& segment);

}  // namespace ottla
