#include "cli/position.hpp"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

namespace ottla {
namespace {

std::optional<int64_t> parse_number(std::string_view text) {
  int64_t value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// Takes `digits` digits from the front.
bool take_number(std::string_view& text, size_t digits, int& value) {
  if (text.size() < digits) return false;
  value = 0;
  for (char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, std::tm& when) {
  bool good = take_number(text, 4, when.tm_year) && take(text, '-') &&
              take_number(text, 2, when.tm_mon) && take(text, '-') &&
              take_number(text, 2, when.tm_mday);
  when.tm_year -= 1900;
  when.tm_mon -= 1;
  return good && when.tm_mon >= 0 && when.tm_mon < 12 && when.tm_mday >= 1 && when.tm_mday <= 31;
}

/// "T12:00", "T12:00:05" or "T12:00:05.123"; absent means midnight.
bool take_clock(std::string_view& text, std::tm& when, int& milliseconds) {
  if (!take(text, 'T') && !take(text, ' ')) return true;
  if (!take_number(text, 2, when.tm_hour) || !take(text, ':')) return false;
  if (!take_number(text, 2, when.tm_min)) return false;
  if (take(text, ':') && !take_number(text, 2, when.tm_sec)) return false;
  if (take(text, '.')) {
    int factor = 100;
    bool has_digit = false;
    for (int digit = 0; take_number(text, 1, digit); factor /= 10) {
      milliseconds += digit * factor;
      has_digit = true;
    }
    if (!has_digit) return false;
  }
  return when.tm_hour < 24 && when.tm_min < 60 && when.tm_sec < 60;
}

/// "Z", "+02:00" or nothing; `offset_seconds` stays empty for the local zone.
bool take_zone(std::string_view& text, std::optional<int>& offset_seconds) {
  if (take(text, 'Z')) {
    offset_seconds = 0;
    return true;
  }
  int sign = text.starts_with('+') ? 1 : text.starts_with('-') ? -1 : 0;
  if (sign == 0) return true;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take_number(text, 2, hours)) return false;
  take(text, ':');
  if (!take_number(text, 2, minutes)) return false;
  offset_seconds = sign * (hours * 3600 + minutes * 60);
  return hours < 24 && minutes < 60;
}

}  // namespace

std::optional<timestamp_ms> parse_time(std::string_view text) {
  std::tm when{};
  when.tm_isdst = -1;
  int milliseconds = 0;
  std::optional<int> offset_seconds;
  bool good = take_date(text, when) && take_clock(text, when, milliseconds) &&
              take_zone(text, offset_seconds) && text.empty();
  if (!good) return std::nullopt;
  int day = when.tm_mday;
  int64_t seconds = offset_seconds ? ::timegm(&when) - *offset_seconds : std::mktime(&when);
  if (when.tm_mday != day) return std::nullopt;  // the 31st of a shorter month
  return seconds * 1000 + milliseconds;
}

std::optional<position> parse_position(std::string_view text) {
  if (text == "earliest" || text == "beginning") return position{position_kind::earliest};
  if (text == "latest" || text == "end") return position{position_kind::latest};
  if (text.starts_with('@')) {
    auto milliseconds = parse_number(text.substr(1));
    if (!milliseconds || *milliseconds < 0) return std::nullopt;
    return position{position_kind::time, *milliseconds};
  }
  if (auto number = parse_number(text)) {
    if (!text.starts_with('-')) return position{position_kind::offset, *number};
    if (*number == INT64_MIN) return std::nullopt;
    return position{position_kind::last, -*number};
  }
  auto time = parse_time(text);
  return time ? std::optional(position{position_kind::time, *time}) : std::nullopt;
}

std::string format_time(timestamp_ms time) {
  std::time_t seconds = time / 1000;
  int64_t rest = time % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  std::tm when{};
  ::gmtime_r(&seconds, &when);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", when.tm_year + 1900,
                     when.tm_mon + 1, when.tm_mday, when.tm_hour, when.tm_min, when.tm_sec, rest);
}

}  // namespace ottla
