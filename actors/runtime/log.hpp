// The broker's own log: one line per event, for people on a terminal and as JSON for programs.
//
// `subject` says who speaks ("gateway", "partition orders-3"). Control characters in a line are
// escaped, because much of what is logged was sent by strangers. Thread-safe; lines are written by
// the caller's thread.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace ottla::log {

enum class level : uint8_t { debug, info, warn, error, off };
enum class style : uint8_t { automatic, text, json };  ///< automatic: text on a terminal.

struct options {
  level least = level::info;
  style lines = style::automatic;
};

/// Sets up the log, which writes to standard error. Without it nothing below `warn` is written.
void start(const options& wanted);
/// Whether lines of this level are written.
[[nodiscard]] bool writes(level importance);
void write(level importance, std::string_view subject, std::string_view text);

template <class... Arguments>
void write(level importance, std::string_view subject, fmt::format_string<Arguments...> format,
           Arguments&&... arguments) {
  if (!writes(importance)) return;
  write(importance, subject,
        std::string_view{fmt::format(format, std::forward<Arguments>(arguments)...)});
}

template <class... Arguments>
void debug(std::string_view subject, fmt::format_string<Arguments...> format,
           Arguments&&... arguments) {
  write(level::debug, subject, format, std::forward<Arguments>(arguments)...);
}
template <class... Arguments>
void info(std::string_view subject, fmt::format_string<Arguments...> format,
          Arguments&&... arguments) {
  write(level::info, subject, format, std::forward<Arguments>(arguments)...);
}
template <class... Arguments>
void warn(std::string_view subject, fmt::format_string<Arguments...> format,
          Arguments&&... arguments) {
  write(level::warn, subject, format, std::forward<Arguments>(arguments)...);
}
template <class... Arguments>
void error(std::string_view subject, fmt::format_string<Arguments...> format,
           Arguments&&... arguments) {
  write(level::error, subject, format, std::forward<Arguments>(arguments)...);
}

/// The text as it may stand in a log line: control characters as \xNN.
std::string escaped(std::string_view text);
/// The text as it may stand in a JSON string; bytes that are no UTF-8 become U+FFFD.
std::string json_escaped(std::string_view text);

/// At most one line per interval about a thing that may happen ten thousand times a second.
/// Thread-safe.
class limiter {
public:
  explicit limiter(int64_t interval_ms = 10'000) : interval_ms_(interval_ms) {}

  /// Whether to write now; then `skipped` says how often the answer was no since the last line.
  [[nodiscard]] bool allow(int64_t now_ms, int64_t& skipped) {
    std::lock_guard guard(mutex_);
    if (written_ && now_ms - last_ms_ < interval_ms_) {
      ++skipped_;
      return false;
    }
    skipped = std::exchange(skipped_, 0);
    written_ = true;
    last_ms_ = now_ms;
    return true;
  }

private:
  std::mutex mutex_;
  const int64_t interval_ms_;
  int64_t last_ms_ = 0;
  int64_t skipped_ = 0;
  bool written_ = false;
};

}  // namespace ottla::log
