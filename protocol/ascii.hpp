// Letters of ASCII, whatever the locale: what names in protocols and configs are compared by.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace ottla {

constexpr char lower_case(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

inline std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (auto& each : lower) each = lower_case(each);
  return lower;
}

inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower_case(x) == lower_case(y); });
}

}  // namespace ottla
