// Reads Kafka's wire types from bytes that nobody has checked yet.
//
// Failure is sticky: a read that does not fit fails the reader, which from then on returns zeros
// and empty views, so a decoder reads straight through and asks check() once at the end. No length
// that the bytes announce is believed before as many bytes are there. Not thread-safe; a value type
// for one stack frame. Views point into the bytes and live as long as they do.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/endian.hpp"
#include "protocol/outcome.hpp"
#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

class wire_reader {
public:
  /// Reads from memory that the caller keeps alive; shared() copies.
  explicit wire_reader(std::span<const std::byte> bytes)
      : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}
  /// Reads from a shared buffer; shared() returns slices of it.
  explicit wire_reader(shared_bytes bytes) : wire_reader(bytes.view()) {
    owner_ = std::move(bytes);
  }

  // Fixed size, big-endian.
  int8_t int8() { return integer<int8_t>(); }
  int16_t int16() { return integer<int16_t>(); }
  int32_t int32() { return integer<int32_t>(); }
  int64_t int64() { return integer<int64_t>(); }
  uint16_t uint16() { return integer<uint16_t>(); }
  uint32_t uint32() { return integer<uint32_t>(); }
  bool boolean() { return integer<int8_t>() != 0; }
  double float64() { return std::bit_cast<double>(integer<uint64_t>()); }
  uuid id();

  // Variable size. More bytes than the type can hold are a failure.
  uint32_t unsigned_varint();
  int32_t varint();   ///< Zigzag.
  int64_t varlong();  ///< Zigzag.

  // Text and bytes: "classic" has an int16 (text) or int32 (bytes) length, -1 for null; "compact"
  // an unsigned varint of the length plus one, 0 for null. The plain forms refuse null.
  std::string_view string();
  std::optional<std::string_view> nullable_string();
  std::string_view compact_string();
  std::optional<std::string_view> compact_nullable_string();
  std::span<const std::byte> bytes();
  std::optional<std::span<const std::byte>> nullable_bytes();
  std::span<const std::byte> compact_bytes();
  std::optional<std::span<const std::byte>> compact_nullable_bytes();

  /// Exactly `size` bytes as they are; an empty view if they are not there.
  std::span<const std::byte> raw(size_t size);
  /// `view`, which must come from this reader, as a slice of the shared buffer, or as a copy where
  /// there is none.
  [[nodiscard]] shared_bytes shared(std::span<const std::byte> view) const;

  /// The element count of an array; nothing for null. A count above the bytes left fails, since no
  /// element of Kafka's protocol is smaller than one byte.
  std::optional<size_t> array_count();
  std::optional<size_t> compact_array_count();

  /// Skips a whole section of tagged fields, whatever they hold.
  void skip_tagged_fields();

  [[nodiscard]] size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  [[nodiscard]] size_t position() const { return static_cast<size_t>(at_ - begin_); }
  [[nodiscard]] bool failed() const { return failure_ != nullptr; }

  /// Fails the reader for a reason of the caller's; `why` must be a literal. The first reason
  /// stays.
  void fail(const char* why);
  /// INVALID_REQUEST with the reason and the position of the first failure, if there was one.
  [[nodiscard]] outcome<void> check() const;

private:
  template <std::integral T>
  T integer() {
    if (remaining() < sizeof(T)) {
      fail("the bytes end within an integer");
      return 0;
    }
    T value = load_big_endian<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  template <std::unsigned_integral T>
  T base128();
  std::optional<std::span<const std::byte>> sized(int64_t length);
  std::optional<size_t> counted(int64_t count);

  const std::byte* begin_ = nullptr;
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  const char* failure_ = nullptr;
  size_t failed_at_ = 0;
  shared_bytes owner_;
};

}  // namespace ottla
