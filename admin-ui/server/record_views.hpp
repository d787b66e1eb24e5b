// Records, as the admin interface reads and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// A key or value, perhaps only its beginning.
struct shown_bytes {
  std::string bytes;
  int64_t size_bytes = 0;  ///< Of the whole.
};

struct shown_header {
  std::string name;
  std::optional<shown_bytes> value;
};

struct shown_record_view {
  log_offset offset = 0;
  timestamp_ms timestamp = no_timestamp;
  std::optional<shown_bytes> key;
  std::optional<shown_bytes> value;
  std::vector<shown_header> headers;
  int64_t size_bytes = 0;  ///< Uncompressed.
};

/// Where a page of records begins.
struct from_offset {
  log_offset offset = 0;
};
struct from_time {
  timestamp_ms timestamp = 0;
};
/// So many offsets before the end.
struct from_tail {
  int64_t count = 0;
};

/// What a record must have to be shown.
struct record_filter {
  std::string key_part;  ///< Somewhere in the key; empty: whatever the key is.
  std::string value_part;

  friend bool operator==(const record_filter&, const record_filter&) = default;
};

struct records_question {
  std::string topic;
  partition_index partition = 0;
  std::variant<from_offset, from_time, from_tail> start;
  int32_t limit = 50;
  int64_t scan_bytes_max = 4 << 20;     ///< Of the log; a page without matches ends after that.
  int32_t preview_bytes = 4096;         ///< Longer keys and values are cut.
  int64_t shown_bytes_max = INT64_MAX;  ///< Of keys and values; a page ends behind that.
  record_filter filter;
};

enum class page_end : uint8_t {
  limit,   ///< The page is full.
  end,     ///< Of what is visible in the log.
  budget,  ///< Enough was scanned: go on from `next`.
};

struct records_page {
  std::vector<shown_record_view> records;
  log_offset log_start = 0;
  log_offset high_watermark = 0;
  log_offset start = 0;  ///< Where this page began.
  log_offset next = 0;   ///< Where the next one begins.
  int64_t scanned_records = 0;
  int64_t scanned_bytes = 0;
  int64_t shown_bytes = 0;
  page_end ended_by = page_end::end;
};

struct new_record {
  std::optional<partition_index> partition;  ///< Nothing: by the key, as Kafka's clients do.
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::optional<timestamp_ms> timestamp;
};

struct produce_question {
  std::string topic;
  std::vector<new_record> records;
};

/// What became of one record, in the order of the question.
struct produced_record {
  partition_index partition = -1;
  log_offset offset = -1;
  std::optional<fault> failure;
};

}  // namespace ottla
