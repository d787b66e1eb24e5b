// Big-endian loads and stores on unaligned memory: the byte order of Kafka's wire and files.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace ottla {

namespace detail {

// Compilers do not see through byte loops at -O2; these are one load or store and one swap.
template <std::unsigned_integral T>
constexpr T swap_bytes(T value) {
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
  return value;
}

template <std::unsigned_integral T>
constexpr T to_or_from_big_endian(T value) {
  return std::endian::native == std::endian::big ? value : swap_bytes(value);
}

}  // namespace detail

/// Reads an integer at `from`; the caller has checked that sizeof(T) bytes are there.
template <std::integral T>
T load_big_endian(const std::byte* from) {
  std::make_unsigned_t<T> bits = 0;
  std::memcpy(&bits, from, sizeof bits);
  return static_cast<T>(detail::to_or_from_big_endian(bits));
}

/// Writes sizeof(T) bytes at `to`.
template <std::integral T>
void store_big_endian(std::byte* to, T value) {
  auto bits = detail::to_or_from_big_endian(static_cast<std::make_unsigned_t<T>>(value));
  std::memcpy(to, &bits, sizeof bits);
}

}  // namespace ottla
