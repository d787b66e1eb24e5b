// Reading small text files line by line and word by word, strictly.
#pragma once

#include <optional>
#include <string_view>

#include "protocol/parse_number.hpp"

namespace ottla {

class text_lines {
public:
  explicit text_lines(std::string_view text) : rest_(text) {}

  /// The next line without its end; nothing at the end of the text. Accepts a last line without
  /// a newline, and "\r\n".
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

private:
  std::string_view rest_;
};

/// Cuts the first word, up to a blank, off `line`.
inline std::string_view take_word(std::string_view& line) {
  const size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line = end == std::string_view::npos ? std::string_view{} : line.substr(end + 1);
  return word;
}

}  // namespace ottla
