#include "protocol/record_batch_builder.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "protocol/assert.hpp"
#include "protocol/endian.hpp"
#include "protocol/varint.hpp"

namespace ottla {
namespace {

int32_t length_of(std::span<const std::byte> bytes) {
  OTTLA_ASSERT(bytes.size() <= static_cast<size_t>(std::numeric_limits<int32_t>::max()));
  return static_cast<int32_t>(bytes.size());
}

size_t size_of(const nullable_bytes& bytes) {
  return bytes ? varint_size(length_of(*bytes)) + bytes->size() : varint_size(int32_t{-1});
}

void append_bytes(std::vector<std::byte>& out, const nullable_bytes& bytes) {
  append_varint(out, bytes ? length_of(*bytes) : int32_t{-1});
  if (bytes) out.insert(out.end(), bytes->begin(), bytes->end());
}

int16_t attributes_of(const record_batch_options& options) {
  auto attributes = static_cast<int16_t>(options.compression.codec);
  if (options.log_append_time) attributes |= batch_layout::log_append_time_bit;
  if (options.transactional) attributes |= batch_layout::transactional_bit;
  if (options.control) attributes |= batch_layout::control_bit;
  if (options.delete_horizon) attributes |= batch_layout::delete_horizon_bit;
  return attributes;
}

// Writes all fields of a whole batch; length and CRC follow from its bytes.
void write_header(std::span<std::byte> batch, const record_batch_header& header) {
  auto* at = batch.data();
  auto length = length_of(batch.subspan(batch_layout::log_overhead_bytes));
  store_big_endian(at + batch_layout::length, length);
  store_big_endian(at + batch_layout::magic, batch_layout::current_magic);
  store_big_endian(at + batch_layout::attributes, header.attributes);
  store_big_endian(at + batch_layout::last_offset_delta, header.last_offset_delta);
  store_big_endian(at + batch_layout::base_timestamp, header.base_timestamp);
  store_big_endian(at + batch_layout::max_timestamp, header.max_timestamp);
  store_big_endian(at + batch_layout::producer_id, header.producer_id);
  store_big_endian(at + batch_layout::producer_epoch, header.producer_epoch);
  store_big_endian(at + batch_layout::base_sequence, header.base_sequence);
  store_big_endian(at + batch_layout::record_count, header.record_count);
  stamp(batch, header.base_offset, header.epoch);
  stamp_crc(batch);
}

}  // namespace

record_batch_builder::record_batch_builder(const record_batch_options& options)
    : options_(options) {
  reset();
}

void record_batch_builder::reset() {
  bytes_.assign(batch_layout::header_bytes, std::byte{});
  record_count_ = 0;
  last_offset_delta_ = -1;
  base_timestamp_ = options_.delete_horizon.value_or(no_timestamp);
  max_timestamp_ = no_timestamp;
}

void record_batch_builder::append(const record_data& record) {
  append_at(options_.base_offset + last_offset_delta_ + 1, record);
}

void record_batch_builder::append_at(log_offset offset, const record_data& record) {
  auto wide_delta = offset - options_.base_offset;
  OTTLA_ASSERT(wide_delta > last_offset_delta_ &&
               wide_delta <= std::numeric_limits<int32_t>::max());
  if (record_count_ == 0 && !options_.delete_horizon) base_timestamp_ = record.timestamp;
  auto offset_delta = static_cast<int32_t>(wide_delta);
  auto timestamp_delta = static_cast<int64_t>(static_cast<uint64_t>(record.timestamp) -
                                              static_cast<uint64_t>(base_timestamp_));
  auto header_count = static_cast<int32_t>(record.headers.size());

  auto body = size_t{1} + varint_size(timestamp_delta) + varint_size(offset_delta) +
              size_of(record.key) + size_of(record.value) + varint_size(header_count);
  for (const auto& header : record.headers) {
    body += size_of(as_byte_span(header.key)) + size_of(header.value);
  }
  OTTLA_ASSERT(body <= static_cast<size_t>(std::numeric_limits<int32_t>::max()));
  append_varint(bytes_, static_cast<int32_t>(body));
  bytes_.push_back(std::byte{0});  // Attributes of the record, none exist.
  append_varint(bytes_, timestamp_delta);
  append_varint(bytes_, offset_delta);
  append_bytes(bytes_, record.key);
  append_bytes(bytes_, record.value);
  append_varint(bytes_, header_count);
  for (const auto& header : record.headers) {
    append_bytes(bytes_, as_byte_span(header.key));
    append_bytes(bytes_, header.value);
  }
  ++record_count_;
  last_offset_delta_ = offset_delta;
  max_timestamp_ = std::max(max_timestamp_, record.timestamp);
}

outcome<shared_bytes> record_batch_builder::build(std::optional<log_offset> last_offset) {
  OTTLA_ASSERT(record_count_ > 0);
  if (options_.compression.codec != compression_codec::none) {
    std::vector<std::byte> packed(batch_layout::header_bytes);
    auto records = std::span<const std::byte>{bytes_}.subspan(batch_layout::header_bytes);
    OTTLA_TRY(compress(options_.compression, records, packed));
    bytes_ = std::move(packed);
  }
  auto last = last_offset.value_or(options_.base_offset + last_offset_delta_);
  OTTLA_ASSERT(last >= options_.base_offset + last_offset_delta_);

  record_batch_header header;
  header.base_offset = options_.base_offset;
  header.epoch = options_.epoch;
  header.attributes = attributes_of(options_);
  header.last_offset_delta = static_cast<int32_t>(last - options_.base_offset);
  header.base_timestamp = base_timestamp_;
  header.max_timestamp = options_.log_append_time.value_or(max_timestamp_);
  header.producer_id = options_.producer_id;
  header.producer_epoch = options_.producer_epoch;
  header.base_sequence = options_.base_sequence;
  header.record_count = record_count_;
  write_header(bytes_, header);
  auto batch = shared_bytes::copy_of(bytes_);
  reset();
  return batch;
}

shared_bytes build_empty_batch(const record_batch_header& original) {
  auto header = original;
  header.attributes &=
      static_cast<int16_t>(~(batch_layout::codec_mask | batch_layout::delete_horizon_bit));
  header.base_timestamp = no_timestamp;
  header.record_count = 0;
  auto batch = shared_bytes::allocate(batch_layout::header_bytes);
  write_header(batch.writable(), header);
  return batch;
}

// Both versions begin with an int16 version, of which only 0 exists.
shared_bytes build_end_transaction_marker(producer_id id, producer_epoch epoch,
                                          const end_transaction_marker& marker, timestamp_ms now) {
  std::array<std::byte, 4> key{};
  store_big_endian(key.data() + 2, static_cast<int16_t>(marker.type));
  std::array<std::byte, 6> value{};
  store_big_endian(value.data() + 2, marker.coordinator_epoch);
  record_batch_builder builder(
      {.producer_id = id, .producer_epoch = epoch, .transactional = true, .control = true});
  builder.append({.timestamp = now, .key = key, .value = value});
  return *builder.build();
}

std::optional<end_transaction_marker> read_end_transaction_marker(const record_view& record) {
  if (!record.key || record.key->size() < 4 || !record.value || record.value->size() < 6) {
    return std::nullopt;
  }
  auto type = load_big_endian<int16_t>(record.key->data() + 2);
  if (type != static_cast<int16_t>(end_transaction::abort) &&
      type != static_cast<int16_t>(end_transaction::commit)) {
    return std::nullopt;
  }
  return end_transaction_marker{static_cast<end_transaction>(type),
                                load_big_endian<int32_t>(record.value->data() + 2)};
}

}  // namespace ottla
