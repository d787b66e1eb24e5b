// Following a partition's log, as the WebSocket for records does it: where to begin, and what
// comes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "admin-ui/server/record_views.hpp"

namespace ottla {

using record_start = std::variant<from_offset, from_time, from_tail>;

/// Where reading the partitions of a topic begins.
struct locate_question {
  std::string topic;
  std::optional<std::vector<partition_index>> partitions;  ///< Nothing: all.
  record_start start = from_tail{0};
  std::map<partition_index, log_offset> offsets;  ///< Instead of `start`, where it names one.
};

struct located_partition {
  partition_index partition = 0;
  log_offset start = 0;  ///< Where it is asked for, within what there is.
  log_offset end = 0;    ///< What is visible ends here.
};

struct located_topic {
  uuid id;
  std::vector<located_partition> partitions;
};

/// The next records from an offset on: answered when there are any, or when there is something else
/// to say.
struct follow_question {
  /// As an offset: says only where the log ends now.
  static constexpr log_offset at_the_end = -1;

  uuid topic;
  partition_index partition = 0;
  log_offset offset = 0;
  bool committed_only = false;
  record_filter filter;
  int32_t preview_bytes = 4096;
  int32_t records_max = 500;

  /// Those that ask alike get the same answer.
  friend bool operator==(const follow_question&, const follow_question&) = default;
};

/// A record as text of JSON, made once for everybody who follows the log there.
struct record_text {
  log_offset offset = 0;
  std::string text;
};

/// A stretch of a log that was looked through.
struct record_stretch {
  log_offset from = 0;  ///< Not what was asked for where that is not in the log (any more).
  log_offset next = 0;  ///< The next one begins here.
  log_offset high_watermark = 0;
  std::vector<record_text> records;
  int64_t scanned_records = 0;
  int64_t scanned_bytes = 0;
};
using record_stretch_ptr = std::shared_ptr<const record_stretch>;

/// Who lets go of it does not want the answer any more.
using follow_interest = std::shared_ptr<void>;

}  // namespace ottla
