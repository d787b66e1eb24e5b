#include "actors/admin/record_scan.hpp"

#include <algorithm>
#include <cstring>

#include "protocol/record_batch.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {
namespace {

/// What a page may inflate: one batch at a time, on one thread.
constexpr inflation_limits limits{.max_output_bytes = size_t{64} << 20};

std::string_view text_of(const nullable_bytes& bytes) {
  return bytes ? as_text(*bytes) : std::string_view{};
}

bool is_like(const nullable_bytes& bytes, const bytes_match& wanted) {
  if (wanted.by == bytes_match::how::anything) return true;
  if (!bytes) return false;
  const auto text = text_of(bytes);
  switch (wanted.by) {
    case bytes_match::how::contains:
      return text.find(wanted.text) != std::string_view::npos;
    case bytes_match::how::begins_with:
      return text.starts_with(wanted.text);
    default:
      return text == wanted.text;
  }
}

bool is_wanted(const record_view& record, const record_filter& filter) {
  if (record.timestamp < filter.from_time || record.timestamp > filter.until_time) return false;
  if (!is_like(record.key, filter.key) || !is_like(record.value, filter.value)) return false;
  if (!filter.header) return true;
  return std::ranges::any_of(record.headers(), [&](const auto& each) {
    return each.key == *filter.header && is_like(each.value, filter.header_value);
  });
}

std::optional<shown_bytes> shown(const nullable_bytes& bytes, int32_t preview_bytes) {
  if (!bytes) return std::nullopt;
  const auto whole = as_text(*bytes);
  return shown_bytes{std::string{whole.substr(0, static_cast<size_t>(preview_bytes))},
                     static_cast<int64_t>(whole.size())};
}

shown_record_view show(const record_view& record, int32_t preview_bytes) {
  shown_record_view made{.offset = record.offset,
                         .timestamp = record.timestamp,
                         .key = shown(record.key, preview_bytes),
                         .value = shown(record.value, preview_bytes),
                         .size_bytes = static_cast<int64_t>(record.size_bytes)};
  for (const auto& each : record.headers()) {
    made.headers.push_back({std::string{each.key}, shown(each.value, preview_bytes)});
  }
  return made;
}

fault damaged(log_offset offset, std::string_view what) {
  return {error_code::corrupt_message,
          "the batch at offset " + std::to_string(offset) + " is damaged: " + std::string{what}, 0};
}

bool is_full(const records_question& question, const records_page& page) {
  return page.records.size() == static_cast<size_t>(question.limit) ||
         page.shown_bytes >= question.shown_bytes_max;
}

int64_t length_of(const std::optional<shown_bytes>& shown) {
  return shown ? static_cast<int64_t>(shown->bytes.size()) : 0;
}

void add(shown_record_view record, records_page& page) {
  page.shown_bytes += length_of(record.key) + length_of(record.value);
  for (const auto& each : record.headers) page.shown_bytes += length_of(each.value);
  page.records.push_back(std::move(record));
}

outcome<void> scan_records(const record_batch_view& batch, const records_question& question,
                           records_page& page) {
  const auto& header = batch.header();
  if (!batch.crc_valid()) return damaged(header.base_offset, "its checksum is wrong");
  std::vector<std::byte> scratch;
  auto records = batch.records(scratch, limits);
  if (!records) return std::move(records.error());
  record_reader reader{header, *records};
  record_view record;
  for (auto step = reader.next(record); step != record_reader::step::end;
       step = reader.next(record)) {
    if (step == record_reader::step::malformed) {
      return damaged(header.base_offset, reader.problem());
    }
    if (record.offset < page.next) continue;
    if (is_full(question, page)) return {};
    ++page.scanned_records;
    page.next = record.offset + 1;
    if (!is_wanted(record, question.filter)) continue;
    add(show(record, question.preview_bytes), page);
  }
  page.next = header.next_offset();
  return {};
}

}  // namespace

outcome<void> scan_batches(std::span<const std::byte> batches, const records_question& question,
                           records_page& page) {
  record_batch_walk walk{batches};
  while (true) {
    auto found = walk.next();
    if (!found) return std::move(found.error());
    if (!*found) return {};
    const auto& header = (*found)->header();
    if (header.last_offset() < page.next) continue;
    page.scanned_bytes += static_cast<int64_t>(header.size_bytes());
    if (header.is_control()) {
      page.next = header.next_offset();
    } else if (auto done = scan_records(**found, question, page); !done) {
      return std::move(done.error());
    }
    if (is_full(question, page)) {
      page.ended_by = page_end::limit;
      return {};
    }
    if (page.scanned_bytes >= question.scan_bytes_max) {
      page.ended_by = page_end::budget;
      return {};
    }
  }
}

// Murmur2 with Kafka's seed.
partition_index partition_for_key(std::string_view key, int32_t partitions) {
  constexpr uint32_t factor = 0x5bd1e995;
  uint32_t hash = 0x9747b28c ^ static_cast<uint32_t>(key.size());
  auto byte_at = [key](size_t i) { return uint32_t{static_cast<unsigned char>(key[i])}; };
  size_t i = 0;
  for (; i + 4 <= key.size(); i += 4) {
    uint32_t word = byte_at(i) | byte_at(i + 1) << 8 | byte_at(i + 2) << 16 | byte_at(i + 3) << 24;
    word *= factor;
    word ^= word >> 24;
    word *= factor;
    hash *= factor;
    hash ^= word;
  }
  if (i < key.size()) {
    for (size_t j = key.size(); j > i; --j) hash ^= byte_at(j - 1) << (8 * (j - 1 - i));
    hash *= factor;
  }
  hash ^= hash >> 13;
  hash *= factor;
  hash ^= hash >> 15;
  return static_cast<partition_index>((hash & 0x7fffffffU) % static_cast<uint32_t>(partitions));
}

}  // namespace ottla
