// Writes Kafka's wire types into one growing buffer, with gaps for payloads that stay where they
// are.
//
// A fetch reply is thousands of bytes of structure around megabytes of records. The structure is
// written here; each payload is only noted, and finish() returns both in order. Not thread-safe.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/endian.hpp"
#include "protocol/gather_list.hpp"
#include "protocol/types.hpp"

namespace ottla {

class wire_writer {
public:
  wire_writer() = default;
  /// Starts with room for `capacity_bytes`.
  explicit wire_writer(size_t capacity_bytes) { reserve(capacity_bytes); }

  void int8(int8_t value) { integer(value); }
  void int16(int16_t value) { integer(value); }
  void int32(int32_t value) { integer(value); }
  void int64(int64_t value) { integer(value); }
  void uint16(uint16_t value) { integer(value); }
  void uint32(uint32_t value) { integer(value); }
  void boolean(bool value) { integer(static_cast<int8_t>(value ? 1 : 0)); }
  void float64(double value) { integer(std::bit_cast<uint64_t>(value)); }
  void id(const uuid& value) { raw(value.bytes); }

  void unsigned_varint(uint32_t value) { base128(value); }
  void varint(int32_t value);   ///< Zigzag.
  void varlong(int64_t value);  ///< Zigzag.

  // The forms are those of wire_reader. A classic string holds at most 32,767 bytes: a longer one
  // is cut, at the edge of a UTF-8 character.
  void string(std::string_view value);
  void nullable_string(std::optional<std::string_view> value);
  void compact_string(std::string_view value);
  void compact_nullable_string(std::optional<std::string_view> value);
  void bytes(std::span<const std::byte> value);
  void nullable_bytes(std::optional<std::span<const std::byte>> value);
  void compact_bytes(std::span<const std::byte> value);
  void compact_nullable_bytes(std::optional<std::span<const std::byte>> value);

  /// The element count of an array; nothing writes null.
  void array_count(std::optional<size_t> count);
  void compact_array_count(std::optional<size_t> count);
  void no_tagged_fields() { unsigned_varint(0); }

  /// These bytes as they are.
  void raw(std::span<const std::byte> value);
  /// Leaves a gap for `piece`, which finish() puts here without copying it.
  void payload(gather_piece piece);

  /// Bytes so far, payloads included.
  [[nodiscard]] size_t size() const { return used_ + payload_bytes_; }
  /// A place in the structure, for patch_size32() and insert_size().
  [[nodiscard]] size_t mark() const { return used_; }
  /// Leaves room for an int32 length of what follows and returns its mark.
  size_t begin_size32();
  /// Fills the room left at `mark` with the number of bytes written since, payloads included.
  void patch_size32(size_t mark);
  /// Puts the number of bytes written since `mark` before them as an unsigned varint. There must be
  /// no payload among them.
  void insert_size(size_t mark);

  /// The structure without the payloads; valid until the next write.
  [[nodiscard]] std::span<const std::byte> view() const { return {buffer_.get(), used_}; }
  /// Everything in order. The writer is empty afterwards.
  gather_list finish();
  /// Everything in one buffer; there must be no payload. The writer is empty afterwards.
  shared_bytes finish_flat();

private:
  struct gap {
    size_t at = 0;
    size_t payload_bytes_before = 0;
    gather_piece piece;
  };

  template <std::integral T>
  void integer(T value) {
    store_big_endian(extend(sizeof(T)), value);
  }
  template <std::unsigned_integral T>
  void base128(T value) {
    while (value >= 0x80) {
      *extend(1) = static_cast<std::byte>(static_cast<uint8_t>(value | 0x80));
      value = static_cast<T>(value >> 7);
    }
    *extend(1) = static_cast<std::byte>(static_cast<uint8_t>(value));
  }
  std::byte* extend(size_t size) {
    if (capacity_ - used_ < size) reserve(used_ + size);
    auto* place = buffer_.get() + used_;
    used_ += size;
    return place;
  }
  void reserve(size_t capacity);
  shared_bytes take_structure();

  std::shared_ptr<std::byte[]> buffer_;
  size_t used_ = 0;
  size_t capacity_ = 0;
  size_t payload_bytes_ = 0;
  std::vector<gap> gaps_;
};

}  // namespace ottla
