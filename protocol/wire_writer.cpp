#include "protocol/wire_writer.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "protocol/assert.hpp"
#include "protocol/utf8.hpp"

namespace ottla {
namespace {

constexpr size_t least_capacity = 256;

int32_t length32(size_t size) {
  OTTLA_ASSERT(size <= static_cast<size_t>(std::numeric_limits<int32_t>::max()));
  return static_cast<int32_t>(size);
}

uint32_t length_plus_one(size_t size) {
  return static_cast<uint32_t>(length32(size)) + 1;
}

}  // namespace

void wire_writer::reserve(size_t capacity) {
  if (capacity <= capacity_) return;
  capacity = std::max({capacity, 2 * capacity_, least_capacity});
  auto larger = std::make_shared_for_overwrite<std::byte[]>(capacity);
  if (used_ != 0) std::memcpy(larger.get(), buffer_.get(), used_);
  buffer_ = std::move(larger);
  capacity_ = capacity;
}

void wire_writer::varint(int32_t value) {
  auto bits = static_cast<uint32_t>(value);
  base128((bits << 1) ^ (uint32_t{0} - (bits >> 31)));
}

void wire_writer::varlong(int64_t value) {
  auto bits = static_cast<uint64_t>(value);
  base128((bits << 1) ^ (uint64_t{0} - (bits >> 63)));
}

void wire_writer::raw(std::span<const std::byte> value) {
  if (!value.empty()) std::memcpy(extend(value.size()), value.data(), value.size());
}

void wire_writer::string(std::string_view value) {
  value = utf8_prefix(value, std::numeric_limits<int16_t>::max());
  int16(static_cast<int16_t>(value.size()));
  raw(as_byte_span(value));
}

void wire_writer::nullable_string(std::optional<std::string_view> value) {
  if (value) return string(*value);
  int16(-1);
}

void wire_writer::compact_string(std::string_view value) {
  compact_bytes(as_byte_span(value));
}

void wire_writer::compact_nullable_string(std::optional<std::string_view> value) {
  if (value) return compact_string(*value);
  unsigned_varint(0);
}

void wire_writer::bytes(std::span<const std::byte> value) {
  int32(length32(value.size()));
  raw(value);
}

void wire_writer::nullable_bytes(std::optional<std::span<const std::byte>> value) {
  if (value) return bytes(*value);
  int32(-1);
}

void wire_writer::compact_bytes(std::span<const std::byte> value) {
  unsigned_varint(length_plus_one(value.size()));
  raw(value);
}

void wire_writer::compact_nullable_bytes(std::optional<std::span<const std::byte>> value) {
  if (value) return compact_bytes(*value);
  unsigned_varint(0);
}

void wire_writer::array_count(std::optional<size_t> count) {
  int32(count ? length32(*count) : -1);
}

void wire_writer::compact_array_count(std::optional<size_t> count) {
  unsigned_varint(count ? length_plus_one(*count) : 0);
}

void wire_writer::payload(gather_piece piece) {
  auto length = static_cast<size_t>(size_bytes(piece));
  if (length == 0) return;
  gaps_.push_back({used_, payload_bytes_, std::move(piece)});
  payload_bytes_ += length;
}

size_t wire_writer::begin_size32() {
  auto here = mark();
  int32(0);
  return here;
}

void wire_writer::patch_size32(size_t mark) {
  auto earlier = payload_bytes_;  // of the payloads before the mark
  for (auto i = gaps_.rbegin(); i != gaps_.rend() && i->at > mark; ++i) {
    earlier = i->payload_bytes_before;
  }
  auto since = used_ - mark - sizeof(int32_t) + payload_bytes_ - earlier;
  store_big_endian(buffer_.get() + mark, length32(since));
}

void wire_writer::insert_size(size_t mark) {
  OTTLA_ASSERT(gaps_.empty() || gaps_.back().at <= mark);
  auto size = used_ - mark;
  auto end = used_;
  unsigned_varint(static_cast<uint32_t>(length32(size)));
  std::rotate(buffer_.get() + mark, buffer_.get() + end, buffer_.get() + used_);
}

shared_bytes wire_writer::take_structure() {
  auto* data = buffer_.get();
  return {std::move(buffer_), data, used_};
}

gather_list wire_writer::finish() {
  auto structure = take_structure();
  gather_list pieces;
  pieces.reserve(2 * gaps_.size() + 1);
  size_t written = 0;
  for (auto& hole : gaps_) {
    if (hole.at > written) pieces.emplace_back(structure.slice(written, hole.at - written));
    written = hole.at;
    pieces.push_back(std::move(hole.piece));
  }
  if (used_ > written) pieces.emplace_back(structure.slice(written, used_ - written));
  *this = wire_writer{};
  return pieces;
}

shared_bytes wire_writer::finish_flat() {
  OTTLA_ASSERT(gaps_.empty());
  auto structure = take_structure();
  *this = wire_writer{};
  return structure;
}

}  // namespace ottla
