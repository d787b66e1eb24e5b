#include "protocol/base64.hpp"

#include <algorithm>
#include <cstdint>

namespace ottla {
namespace {

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += j <= count ? digits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 4) {
    auto part = text.substr(i, 4);
    if (i + 4 == text.size()) {
      while (part.size() > 2 && part.ends_with('=')) part.remove_suffix(1);
    }
    uint32_t group = 0;
    for (const char digit : part) {
      const auto value = digits.find(digit);
      if (value == std::string_view::npos) return std::nullopt;
      group = group << 6 | static_cast<uint32_t>(value);
    }
    group <<= 6 * (4 - part.size());
    for (size_t j = 0; j + 1 < part.size(); ++j) {
      bytes += static_cast<char>(group >> (16 - 8 * j) & 0xff);
    }
  }
  // Padding bits that are set, for example.
  if (to_base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace ottla
