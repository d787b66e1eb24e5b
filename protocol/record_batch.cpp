#include "protocol/record_batch.hpp"

#include <fmt/format.h>

#include "protocol/assert.hpp"
#include "protocol/crc32c.hpp"
#include "protocol/endian.hpp"
#include "protocol/shared_bytes.hpp"
#include "protocol/varint.hpp"

namespace ottla {
namespace {

fault corrupt(std::string message) {
  return {error_code::corrupt_message, std::move(message)};
}

// Offsets and timestamps come from clients: sums wrap instead of being undefined.
int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// Bytes with a length; -1 is null.
struct sized_bytes {
  const std::byte* data = nullptr;
  int32_t length = -1;

  [[nodiscard]] nullable_bytes nullable() const {
    if (length < 0) return std::nullopt;
    return std::span{data, static_cast<size_t>(length)};
  }
};

// Inlined into the walk over records, where a call would cost as much as the work.
[[gnu::always_inline]] inline bool read_sized(const std::byte*& at, const std::byte* end,
                                              sized_bytes& value) {
  if (!read_varint(at, end, value.length) || value.length < -1) return false;
  value.data = at;
  if (value.length <= 0) return true;
  if (value.length > end - at) return false;
  at += value.length;
  return true;
}

bool skip_headers(const std::byte*& at, const std::byte* end, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    sized_bytes key;
    sized_bytes value;
    if (!read_sized(at, end, key) || key.length < 0 || !read_sized(at, end, value)) return false;
  }
  return true;
}

void renew_crc(std::byte* batch, size_t size) {
  auto covered = std::span{batch, size}.subspan(batch_layout::attributes);
  store_big_endian(batch + batch_layout::crc, crc32c(covered));
}

}  // namespace

int32_t add_to_sequence(int32_t sequence, int32_t increment) {
  return static_cast<int32_t>((int64_t{sequence} + increment) & 0x7fffffff);
}

outcome<record_batch_header> decode_record_batch_header(std::span<const std::byte> bytes) {
  if (bytes.size() < batch_layout::header_bytes) {
    return corrupt(fmt::format("{} bytes are too few for a record batch", bytes.size()));
  }
  const auto* at = bytes.data();
  auto magic = load_big_endian<int8_t>(at + batch_layout::magic);
  if (magic != batch_layout::current_magic) {
    return corrupt(fmt::format("a record batch of magic {} is not supported", magic));
  }
  record_batch_header header;
  header.length = load_big_endian<int32_t>(at + batch_layout::length);
  if (header.length < 0 || header.size_bytes() < batch_layout::header_bytes) {
    return corrupt(fmt::format("a record batch cannot have the length {}", header.length));
  }
  header.base_offset = load_big_endian<int64_t>(at + batch_layout::base_offset);
  header.epoch = load_big_endian<int32_t>(at + batch_layout::leader_epoch);
  header.crc = load_big_endian<uint32_t>(at + batch_layout::crc);
  header.attributes = load_big_endian<int16_t>(at + batch_layout::attributes);
  header.last_offset_delta = load_big_endian<int32_t>(at + batch_layout::last_offset_delta);
  header.base_timestamp = load_big_endian<int64_t>(at + batch_layout::base_timestamp);
  header.max_timestamp = load_big_endian<int64_t>(at + batch_layout::max_timestamp);
  header.producer_id = load_big_endian<int64_t>(at + batch_layout::producer_id);
  header.producer_epoch = load_big_endian<int16_t>(at + batch_layout::producer_epoch);
  header.base_sequence = load_big_endian<int32_t>(at + batch_layout::base_sequence);
  header.record_count = load_big_endian<int32_t>(at + batch_layout::record_count);
  return header;
}

outcome<record_batch_view> record_batch_view::parse(std::span<const std::byte> bytes) {
  auto header = decode_record_batch_header(bytes);
  if (!header) return std::move(header.error());
  if (header->size_bytes() > bytes.size()) {
    return corrupt(fmt::format("a record batch of {} bytes is cut short after {}",
                               header->size_bytes(), bytes.size()));
  }
  return record_batch_view(*header, bytes.first(header->size_bytes()));
}

bool record_batch_view::crc_valid() const {
  return crc32c(bytes_.subspan(batch_layout::attributes)) == header_.crc;
}

outcome<std::span<const std::byte>> record_batch_view::records(
    std::vector<std::byte>& scratch, const inflation_limits& limits) const {
  if (header_.codec() == compression_codec::none) return payload();
  OTTLA_TRY(decompress(header_.codec(), payload(), limits, scratch));
  return std::span<const std::byte>{scratch};
}

outcome<std::optional<record_batch_view>> record_batch_walk::next() {
  if (rest_.size() < batch_layout::header_bytes) return std::optional<record_batch_view>{};
  auto header = decode_record_batch_header(rest_);
  if (!header) return std::move(header.error());
  auto size = header->size_bytes();
  if (size > rest_.size()) return std::optional<record_batch_view>{};
  auto batch = record_batch_view(*header, rest_.first(size));
  rest_ = rest_.subspan(size);
  return std::optional{batch};
}

std::vector<record_header_view> record_view::headers() const {
  std::vector<record_header_view> headers;
  headers.reserve(static_cast<size_t>(header_count));
  const auto* at = header_bytes.data();
  const auto* end = at + header_bytes.size();
  for (int32_t i = 0; i < header_count; ++i) {
    sized_bytes name;
    sized_bytes content;
    OTTLA_ASSERT(read_sized(at, end, name) && name.length >= 0 && read_sized(at, end, content));
    headers.push_back({as_text({name.data, static_cast<size_t>(name.length)}), content.nullable()});
  }
  return headers;
}

record_reader::record_reader(const record_batch_header& header, std::span<const std::byte> records)
    : at_(records.data()),
      end_(at_ + records.size()),
      base_offset_(header.base_offset),
      base_timestamp_(header.base_timestamp),
      record_count_(header.record_count) {
  if (header.time_type() == timestamp_type::log_append_time) append_time_ = header.max_timestamp;
}

record_reader::step record_reader::malformed(const char* why) {
  if (*problem_ == '\0') problem_ = why;
  return step::malformed;
}

record_reader::step record_reader::next(record_view& record) {
  if (*problem_ != '\0') return step::malformed;
  if (count_ >= record_count_) {
    if (record_count_ < 0) return malformed("the record count is negative");
    return at_ == end_ ? step::end : malformed("bytes are left behind the last record");
  }
  // Local copies: as members they would be reloaded after every store through `record`.
  const auto* start = at_;
  const auto* at = start;
  int32_t length = 0;
  if (!read_varint(at, end_, length)) return malformed("the records end too early");
  if (length <= 0 || length > end_ - at) return malformed("a record is longer than its batch");
  const auto* end = at + length;
  ++at;  // Attributes: no bit of them means anything yet.
  int64_t timestamp_delta = 0;
  int32_t offset_delta = 0;
  sized_bytes key;
  sized_bytes value;
  int32_t header_count = 0;
  if (!read_varint(at, end, timestamp_delta) || !read_varint(at, end, offset_delta)) {
    return malformed("a record's timestamp or offset does not fit into it");
  }
  if (!read_sized(at, end, key)) return malformed("a key does not fit into its record");
  if (!read_sized(at, end, value)) return malformed("a value does not fit into its record");
  if (!read_varint(at, end, header_count) || header_count < 0) {
    return malformed("a record's header count is wrong");
  }
  const auto* headers = at;
  if (!skip_headers(at, end, header_count) || at != end) {
    return malformed("a record's headers do not end where the record ends");
  }
  record.offset = wrapping_add(base_offset_, offset_delta);
  record.offset_delta = offset_delta;
  record.timestamp = append_time_ ? *append_time_ : wrapping_add(base_timestamp_, timestamp_delta);
  record.key = key.nullable();
  record.value = value.nullable();
  record.header_count = header_count;
  record.header_bytes = {headers, at};
  record.size_bytes = static_cast<size_t>(at - start);
  at_ = at;
  ++count_;
  return step::record;
}

void stamp(std::span<std::byte> batch, log_offset base_offset, leader_epoch epoch) {
  OTTLA_ASSERT(batch.size() >= batch_layout::header_bytes);
  store_big_endian(batch.data() + batch_layout::base_offset, base_offset);
  store_big_endian(batch.data() + batch_layout::leader_epoch, epoch);
}

void stamp_timestamps(std::span<std::byte> batch, timestamp_type type, timestamp_ms max_timestamp) {
  OTTLA_ASSERT(batch.size() >= batch_layout::header_bytes);
  auto* at = batch.data();
  auto old_attributes = load_big_endian<int16_t>(at + batch_layout::attributes);
  auto attributes = static_cast<int16_t>(old_attributes & ~batch_layout::log_append_time_bit);
  if (type == timestamp_type::log_append_time) attributes |= batch_layout::log_append_time_bit;
  if (attributes == old_attributes &&
      load_big_endian<int64_t>(at + batch_layout::max_timestamp) == max_timestamp) {
    return;
  }
  store_big_endian(at + batch_layout::attributes, attributes);
  store_big_endian(at + batch_layout::max_timestamp, max_timestamp);
  renew_crc(at, batch.size());
}

void stamp_crc(std::span<std::byte> batch) {
  OTTLA_ASSERT(batch.size() >= batch_layout::header_bytes);
  renew_crc(batch.data(), batch.size());
}

}  // namespace ottla
