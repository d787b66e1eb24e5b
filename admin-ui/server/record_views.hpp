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

/// What a key or value must be like.
struct bytes_match {
  enum class how : uint8_t { anything, contains, begins_with, equals };
  how by = how::anything;
  std::string text;

  friend bool operator==(const bytes_match&, const bytes_match&) = default;
};

/// What a record must have to be shown: all of it.
struct record_filter {
  bytes_match key;
  bytes_match value;
  std::optional<std::string> header;  ///< One of that name, whose value is like the next.
  bytes_match header_value;
  timestamp_ms from_time = no_timestamp;  ///< -1: from the beginning.
  timestamp_ms until_time = INT64_MAX;

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
  int16_t acks = -1;  ///< As Kafka's producers say it: -1, 1 or 0.
};

/// What became of one record, in the order of the question.
struct produced_record {
  partition_index partition = -1;
  log_offset offset = -1;
  std::optional<fault> failure;
};

}  // namespace ottla
