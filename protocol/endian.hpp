// Big-endian loads and stores on unaligned memory: the byte order of Kafka's wire and files.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace ottla {

/// Reads an integer at `from`; the caller has checked that sizeof(T) bytes are there.
template <std::integral T>
T load_big_endian(const std::byte* from) {
  using unsigned_t = std::make_unsigned_t<T>;
  unsigned_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<unsigned_t>((static_cast<uint64_t>(value) << 8) |
                                    std::to_integer<uint64_t>(from[i]));
  }
  return static_cast<T>(value);
}

/// Writes sizeof(T) bytes at `to`.
template <std::integral T>
void store_big_endian(std::byte* to, T value) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (size_t i = sizeof(T); i-- > 0;) {
    to[i] = static_cast<std::byte>(bits & 0xff);
    bits = static_cast<std::make_unsigned_t<T>>(static_cast<uint64_t>(bits) >> 8);
  }
}

}  // namespace ottla
