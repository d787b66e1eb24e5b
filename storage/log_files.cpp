#include "storage/log_files.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <memory>

#include "protocol/assert.hpp"

namespace ottla {
namespace {

constexpr std::array<std::string_view, 5> extensions{".log", ".index", ".timeindex", ".snapshot",
                                                     ".txnindex"};
constexpr std::array<std::string_view, 4> suffixes{"", ".deleted", ".cleaned", ".swap"};
constexpr std::array<std::string_view, 4> directory_suffixes{"", "-delete", "-stray", "-future"};
constexpr size_t offset_digits = 20;
constexpr size_t max_name_bytes = 255;

template <class Int>
std::optional<Int> parse_digits(std::string_view digits) {
  Int value{};
  if (digits.empty() || digits.front() == '-') return std::nullopt;
  auto [stop, error] =
      std::from_chars(std::to_address(digits.begin()), std::to_address(digits.end()), value);
  if (error != std::errc{} || stop != std::to_address(digits.end())) return std::nullopt;
  return value;
}

/// Splits "topic-3" at its last dash.
std::optional<topic_partition> parse_topic_partition(std::string_view name) {
  const size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  auto index = parse_digits<partition_index>(name.substr(dash + 1));
  if (!index) return std::nullopt;
  return topic_partition{std::string(name.substr(0, dash)), *index};
}

}  // namespace

std::string to_string(const log_file_name& name) {
  return fmt::format("{:020}{}{}", name.base, extensions[static_cast<size_t>(name.kind)],
                     suffixes[static_cast<size_t>(name.suffix)]);
}

std::string log_file_path(std::string_view directory, const log_file_name& name) {
  return join_path(directory, to_string(name));
}

std::optional<log_file_name> parse_log_file(std::string_view name) {
  if (name.size() <= offset_digits) return std::nullopt;
  auto base = parse_digits<log_offset>(name.substr(0, offset_digits));
  if (!base) return std::nullopt;
  const std::string_view rest = name.substr(offset_digits);
  for (size_t kind = 0; kind < extensions.size(); ++kind) {
    if (!rest.starts_with(extensions[kind])) continue;
    const std::string_view suffix = rest.substr(extensions[kind].size());
    for (size_t i = 0; i < suffixes.size(); ++i) {
      if (suffix != suffixes[i]) continue;
      return log_file_name{static_cast<log_file_kind>(kind), *base,
                           static_cast<log_file_suffix>(i)};
    }
  }
  return std::nullopt;
}

std::optional<log_offset> segment_base(std::string_view name) {
  auto parsed = parse_log_file(name);
  if (!parsed || *parsed != log_file_name{log_file_kind::log, parsed->base}) return std::nullopt;
  return parsed->base;
}

std::string absolute_path(const std::string& path) {
  auto normal = std::filesystem::absolute(path).lexically_normal();
  return (normal.has_filename() ? normal : normal.parent_path()).string();
}

std::string join_path(std::string_view directory, std::string_view name) {
  return fmt::format("{}/{}", directory, name);
}

std::string partition_directory(const partition_directory_name& name, std::string_view unique) {
  std::string live = to_string(name.which);
  if (name.kind == partition_directory_kind::live) return live;
  const std::string tail =
      fmt::format(".{}{}", unique, directory_suffixes[static_cast<size_t>(name.kind)]);
  OTTLA_ASSERT(tail.size() < max_name_bytes);
  if (live.size() + tail.size() <= max_name_bytes) return live + tail;
  // As Kafka does: a very long topic name loses its end, the partition number stays.
  const std::string number = fmt::format("-{}", name.which.partition);
  return name.which.topic.substr(0, max_name_bytes - number.size() - tail.size()) + number + tail;
}

std::optional<partition_directory_name> parse_partition_directory(std::string_view name) {
  for (size_t kind = 1; kind < directory_suffixes.size(); ++kind) {
    if (!name.ends_with(directory_suffixes[kind])) continue;
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) break;
    auto which = parse_topic_partition(name.substr(0, dot));
    if (!which) return std::nullopt;
    return partition_directory_name{std::move(*which), static_cast<partition_directory_kind>(kind)};
  }
  auto which = parse_topic_partition(name);
  if (!which) return std::nullopt;
  return partition_directory_name{std::move(*which), partition_directory_kind::live};
}

}  // namespace ottla
