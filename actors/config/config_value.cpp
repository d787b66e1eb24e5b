#include "actors/config/config_value.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/ascii.hpp"

namespace ottla {
namespace {

constexpr std::string_view blanks = " \t\n\r\f\v";

/// The whole of `text` as a number; a leading '+' is allowed, as in Java.
template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
  text = trim_blanks(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.front() == '+') return std::nullopt;
  Number value{};
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view trim_blanks(std::string_view text) {
  size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<bool> parse_config_boolean(std::string_view text) {
  text = trim_blanks(text);
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

std::optional<int64_t> parse_config_integer(std::string_view text) {
  return parse_whole<int64_t>(text);
}

std::optional<double> parse_config_double(std::string_view text) {
  return parse_whole<double>(text);
}

std::vector<std::string> split_config_list(std::string_view text) {
  std::vector<std::string> items;
  text = trim_blanks(text);
  if (text.empty()) return items;
  for (size_t start = 0; start <= text.size();) {
    size_t end = std::min(text.find(',', start), text.size());
    items.emplace_back(trim_blanks(text.substr(start, end - start)));
    start = end + 1;
  }
  return items;
}

std::string join_config_list(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) {
    if (&item != &items.front()) text += ',';
    text += item;
  }
  return text;
}

}  // namespace ottla
