#include "cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "cli/command_line.hpp"

namespace ottla {
namespace {

/// Characters, not bytes, of UTF-8.
size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void append_cell(std::string& line, std::string_view cell, size_t width, alignment align) {
  std::string padding(width - std::min(width, width_of(cell)), ' ');
  if (align == alignment::right) line += padding;
  line += cell;
  if (align == alignment::left) line += padding;
}

/// Why standard output cannot be written to any more; 0 while it can.
int output_failure = 0;

}  // namespace

std::string text_table::to_text() const {
  if (rows_.empty()) return {};
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = width_of(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, width_of(row.at(i)));
    widths.push_back(width);
  }
  std::string text;
  auto add_line = [&](auto cell_of) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += "  ";
      append_cell(line, cell_of(i), widths[i], columns_[i].align);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line([&](size_t i) -> std::string_view { return columns_[i].title; });
  for (const auto& row : rows_) add_line([&](size_t i) -> std::string_view { return row[i]; });
  return text;
}

std::string with_separators(int64_t number) {
  std::string text = std::to_string(number);
  size_t first_digit = number < 0 ? 1 : 0;
  for (size_t at = text.size(); at > first_digit + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string readable_bytes(int64_t bytes) {
  constexpr std::string_view units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string readable_duration(int64_t milliseconds) {
  struct unit {
    int64_t ms;
    std::string_view name;
  };
  constexpr unit units[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}};
  std::string text;
  int parts = 0;
  for (const auto& [ms, name] : units) {
    if (milliseconds < ms || parts == 2) continue;
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", milliseconds / ms, name);
    milliseconds %= ms;
    ++parts;
  }
  return text.empty() ? "0ms" : text;
}

void prepare_output() {
  // A closed output is opened for reading, so that writing to it stays an error.
  constexpr int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
  for (int descriptor = 0; descriptor < 3; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) < 0 && ::open("/dev/null", modes[descriptor]) < 0) return;
  }
  std::signal(SIGPIPE, SIG_IGN);
}

bool put(std::string_view text) {
  if (output_failure != 0) return false;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) output_failure = errno;
  return output_failure == 0;
}

bool print(std::string_view text) {
  if (!put(text)) return false;
  if (std::fflush(stdout) != 0) output_failure = errno;
  return output_failure == 0;
}

int finish_output(int exit_code) {
  print("");
  if (output_failure == 0 || output_failure == EPIPE) return exit_code;
  fmt::print(stderr, "ottla: cannot write to standard output: {}\n", std::strerror(output_failure));
  return exit_failed;
}

int report(std::string_view message) {
  std::fflush(stdout);
  fmt::print(stderr, "ottla: {}\n", message);
  return exit_failed;
}

int report(const fault& why) {
  return report(why.message);
}

int report_usage(std::string_view message) {
  report(message);
  return exit_usage;
}

outcome<void> report_all(const std::vector<fault>& faults) {
  for (const auto& why : faults) report(why);
  if (faults.empty()) return {};
  return fault{faults.front().code, ""};
}

std::string wrong_pairs(std::string_view option, const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    if (text.find('=') == std::string::npos || text.starts_with('=')) {
      return fmt::format("{} {}: must be of the form key=value", option, text);
    }
  }
  return {};
}

std::string counted(int64_t number, std::string_view thing) {
  return fmt::format("{} {}{}", with_separators(number), thing, number == 1 ? "" : "s");
}

bool confirm(std::string_view question) {
  if (!::isatty(STDIN_FILENO)) return false;
  fmt::print(stderr, "{} [y/N] ", question);
  char answer[8] = {};
  if (!std::fgets(answer, sizeof answer, stdin)) return false;
  std::string_view text(answer);
  text = text.substr(0, text.find('\n'));
  return text == "y" || text == "Y" || text == "yes";
}

}  // namespace ottla
