// Bytes as text, for golden bytes.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "protocol/shared_bytes.hpp"

namespace ottla::testing {

inline std::string to_hex(const shared_bytes& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (auto byte : bytes.view()) {
    text += digits[std::to_integer<int>(byte) >> 4];
    text += digits[std::to_integer<int>(byte) & 15];
  }
  return text;
}

inline shared_bytes from_hex(std::string_view text) {
  auto bytes = shared_bytes::allocate(text.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    uint8_t value = 0;
    std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, value, 16);
    bytes.writable()[i] = std::byte{value};
  }
  return bytes;
}

}  // namespace ottla::testing
