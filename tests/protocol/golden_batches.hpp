// The batches that real clients wrote (see golden/batches/generate/README.md) and the records in
// them.
#pragma once

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "protocol/record_batch.hpp"
#include "protocol/record_batch_builder.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

inline constexpr timestamp_ms golden_base_time = 1'700'000'000'000;

/// A record with its own memory.
struct owned_record {
  log_offset offset = 0;
  timestamp_ms timestamp = no_timestamp;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;

  friend bool operator==(const owned_record&, const owned_record&) = default;
};

/// Record number `i` of every golden batch.
inline owned_record golden_record(int i) {
  owned_record record;
  record.offset = i;
  record.timestamp = golden_base_time + int64_t{i} * 7;
  if (i % 5 != 4) record.key = "key-" + std::to_string(i);
  if (i % 7 != 6) {
    record.value = "value-" + std::to_string(i) + "-";
    for (int n = 0; n < i % 10; ++n) *record.value += "abc";
  }
  if (i % 3 == 0) {
    record.headers = {{"trace", "t" + std::to_string(i)}, {"empty", ""}, {"null", std::nullopt}};
  }
  return record;
}

inline std::vector<owned_record> golden_records(int count) {
  std::vector<owned_record> records;
  records.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) records.push_back(golden_record(i));
  return records;
}

inline std::vector<std::byte> golden_batch(const std::string& name) {
  std::ifstream file(std::string(OTTLA_GOLDEN_FOLDER) + "/batches/" + name + ".bin",
                     std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  auto bytes = as_byte_span(text);
  return {bytes.begin(), bytes.end()};
}

inline std::optional<std::string> owned(const nullable_bytes& bytes) {
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

inline owned_record owned(const record_view& view) {
  owned_record record{view.offset, view.timestamp, owned(view.key), owned(view.value), {}};
  for (const auto& header : view.headers()) {
    record.headers.emplace_back(std::string(header.key), owned(header.value));
  }
  return record;
}

inline nullable_bytes viewed(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return as_byte_span(*text);
}

/// Adds `record` at its offset.
inline void append(record_batch_builder& builder, const owned_record& record) {
  std::vector<record_header_view> headers;
  headers.reserve(record.headers.size());
  for (const auto& [key, value] : record.headers) headers.push_back({key, viewed(value)});
  builder.append_at(record.offset, {.timestamp = record.timestamp,
                                    .key = viewed(record.key),
                                    .value = viewed(record.value),
                                    .headers = headers});
}

inline shared_bytes build_batch(const std::vector<owned_record>& records,
                                const record_batch_options& options = {}) {
  record_batch_builder builder(options);
  for (const auto& record : records) append(builder, record);
  return *builder.build();
}

}  // namespace ottla
