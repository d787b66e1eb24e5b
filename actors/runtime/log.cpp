#include "actors/runtime/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "protocol/utf8.hpp"

namespace ottla::log {
namespace {

constexpr auto text_pattern = "%Y-%m-%d %H:%M:%S.%e %-5l %v";
// The payload of a JSON line is made here, so the pattern only frames it.
constexpr auto json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})";

struct state {
  std::shared_ptr<spdlog::logger> logger;
  bool json = false;
};

std::shared_ptr<spdlog::logger> make_logger(spdlog::level::level_enum least, const char* pattern) {
  auto made =
      std::make_shared<spdlog::logger>("ottla", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  made->set_level(least);
  made->set_pattern(pattern);
  made->flush_on(spdlog::level::trace);
  return made;
}

state& current() {
  static state instance{make_logger(spdlog::level::warn, text_pattern), false};
  return instance;
}

spdlog::level::level_enum to_spdlog(level importance) {
  switch (importance) {
    case level::debug:
      return spdlog::level::debug;
    case level::info:
      return spdlog::level::info;
    case level::warn:
      return spdlog::level::warn;
    case level::error:
      return spdlog::level::err;
    default:
      return spdlog::level::off;
  }
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_control(c)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string json_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  while (!text.empty()) {
    const char c = text.front();
    const auto length = utf8_length(text);
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (is_control(c)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(1, length));
  }
  return out;
}

void start(const options& wanted) {
  const bool json = wanted.lines == style::json ||
                    (wanted.lines == style::automatic && ::isatty(STDERR_FILENO) == 0);
  current() = {make_logger(to_spdlog(wanted.least), json ? json_pattern : text_pattern), json};
}

bool writes(level importance) {
  return current().logger->should_log(to_spdlog(importance));
}

void write(level importance, std::string_view subject, std::string_view text) {
  const auto& now = current();
  if (now.json) {
    now.logger->log(to_spdlog(importance), "\"subject\":\"{}\",\"message\":\"{}\"",
                    json_escaped(subject), json_escaped(text));
  } else {
    now.logger->log(to_spdlog(importance), "{}: {}", escaped(subject), escaped(text));
  }
}

}  // namespace ottla::log
