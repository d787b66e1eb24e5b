#include "actors/config/properties_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ottla {
namespace {

constexpr std::string_view blanks = " \t\f";

bool is_blank(char c) {
  return blanks.find(c) != std::string_view::npos;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

void append_utf8(std::string& out, uint32_t code_point) {
  auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

std::optional<uint32_t> parse_hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  uint32_t value = 0;
  for (char c : text.substr(0, 4)) {
    uint32_t digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<uint32_t>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<uint32_t>(c - 'A') + 10;
    if (digit == 16) return std::nullopt;
    value = value << 4 | digit;
  }
  return value;
}

/// Reads "XXXX" after "\u", and "\uXXXX" more if the first is half of a pair.
bool take_unicode_escape(std::string_view& text, std::string& out) {
  auto first = parse_hex4(text);
  if (!first) return false;
  text.remove_prefix(4);
  if (*first < 0xD800 || *first > 0xDFFF) {
    append_utf8(out, *first);
    return true;
  }
  if (*first > 0xDBFF || !text.starts_with("\\u")) return false;
  auto second = parse_hex4(text.substr(2));
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
  text.remove_prefix(6);
  append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
  return true;
}

/// `text` starts behind a backslash.
bool take_escape(std::string_view& text, std::string& out) {
  if (text.empty()) return true;  // a backslash at the end of the file
  char c = text.front();
  text.remove_prefix(1);
  switch (c) {
    case 't':
      out += '\t';
      return true;
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 'f':
      out += '\f';
      return true;
    case 'u':
      return take_unicode_escape(text, out);
    default:
      out += c;
      return true;
  }
}

/// Takes one line of the file, without its end (\n, \r\n or \r).
std::string_view take_line(std::string_view& text) {
  size_t end = std::min(text.find_first_of("\r\n"), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end);
  if (text.starts_with("\r\n")) {
    text.remove_prefix(2);
  } else if (!text.empty()) {
    text.remove_prefix(1);
  }
  return line;
}

bool ends_with_odd_backslashes(std::string_view line) {
  size_t last_other = line.find_last_not_of('\\');
  size_t count = line.size() - (last_other == std::string_view::npos ? 0 : last_other + 1);
  return count % 2 == 1;
}

bool take_key(std::string_view& line, std::string& key) {
  while (!line.empty() && !is_blank(line.front()) && line.front() != '=' && line.front() != ':') {
    char c = line.front();
    line.remove_prefix(1);
    if (c != '\\') {
      key += c;
    } else if (!take_escape(line, key)) {
      return false;
    }
  }
  skip_blanks(line);
  if (line.starts_with('=') || line.starts_with(':')) line.remove_prefix(1);
  skip_blanks(line);
  return true;
}

bool take_value(std::string_view line, std::string& value) {
  while (!line.empty()) {
    char c = line.front();
    line.remove_prefix(1);
    if (c != '\\') {
      value += c;
    } else if (!take_escape(line, value)) {
      return false;
    }
  }
  return true;
}

}  // namespace

outcome<std::vector<property>> parse_properties(std::string_view text) {
  std::vector<property> entries;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark of an editor
  for (int line_number = 1; !text.empty(); ++line_number) {
    std::string_view line = take_line(text);
    skip_blanks(line);
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    property entry{.line = line_number};
    std::string logical(line);
    while (ends_with_odd_backslashes(logical) && !text.empty()) {
      logical.pop_back();
      std::string_view more = take_line(text);
      ++line_number;
      skip_blanks(more);
      logical += more;
    }
    std::string_view rest = logical;
    if (!take_key(rest, entry.key) || !take_value(rest, entry.value)) {
      return fault{
          error_code::invalid_config,
          fmt::format("line {}: \\u must be followed by four hexadecimal digits", entry.line)};
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace ottla
