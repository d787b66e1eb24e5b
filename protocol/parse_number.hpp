// Whole numbers in text, strictly: no blanks, no sign but '-', nothing behind the digits.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace ottla {

/// All of `text` as a decimal number.
template <std::integral T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace ottla
