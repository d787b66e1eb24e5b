// Base-128 integers of Kafka's records, inline for the walk over millions of them.
//
// wire_reader and wire_writer serve the messages of the protocol; these serve record bodies, where
// a failure is a return value and nothing is kept between calls.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace ottla {

/// Reads an unsigned varint at `at` and moves `at` behind it. False, with `at` anywhere, if the
/// bytes end within it or it is larger than T.
template <std::unsigned_integral T>
[[nodiscard]] inline bool read_varint(const std::byte*& at, const std::byte* end, T& value) {
  if (at == end) return false;
  auto first = std::to_integer<uint8_t>(*at++);
  if (first < 0x80) [[likely]] {
    value = first;
    return true;
  }
  constexpr int digits = std::numeric_limits<T>::digits;
  T sum = first & 0x7f;
  for (int shift = 7; shift < digits; shift += 7) {
    if (at == end) return false;
    auto byte = std::to_integer<uint8_t>(*at++);
    if (digits - shift < 7 && (byte >> (digits - shift)) != 0) return false;
    sum |= static_cast<T>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = sum;
      return true;
    }
  }
  return false;
}

/// The same for signed integers, which are zigzag encoded.
template <std::signed_integral T>
[[nodiscard]] inline bool read_varint(const std::byte*& at, const std::byte* end, T& value) {
  std::make_unsigned_t<T> bits = 0;
  if (!read_varint(at, end, bits)) return false;
  value = static_cast<T>((bits >> 1) ^ (~(bits & 1) + 1));
  return true;
}

template <std::signed_integral T>
[[nodiscard]] constexpr std::make_unsigned_t<T> zigzag(T value) {
  using bits = std::make_unsigned_t<T>;
  return static_cast<bits>((static_cast<bits>(value) << 1) ^
                           static_cast<bits>(value >> std::numeric_limits<T>::digits));
}

/// Bytes that the zigzag varint of `value` takes.
template <std::signed_integral T>
[[nodiscard]] constexpr size_t varint_size(T value) {
  auto bits = zigzag(value);
  size_t size = 1;
  for (; bits >= 0x80; bits >>= 7) ++size;
  return size;
}

/// Appends the zigzag varint of `value` to a vector of bytes.
template <std::signed_integral T, class Bytes>
inline void append_varint(Bytes& out, T value) {
  auto bits = zigzag(value);
  for (; bits >= 0x80; bits >>= 7) out.push_back(static_cast<std::byte>((bits & 0x7f) | 0x80));
  out.push_back(static_cast<std::byte>(bits));
}

}  // namespace ottla
