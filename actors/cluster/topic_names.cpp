#include "actors/cluster/topic_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ottla {
namespace {

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

std::optional<std::string> topic_name_problem(std::string_view name) {
  if (name.empty()) return "Topic name is invalid: the empty string is not allowed";
  if (name == "." || name == "..") {
    return fmt::format("Topic name is invalid: '{}' is not allowed", name);
  }
  if (name.size() > topic_name_bytes_max) {
    return fmt::format(
        "Topic name is invalid: the length of '{}' is longer than the max allowed length {}", name,
        topic_name_bytes_max);
  }
  if (!std::ranges::all_of(name, is_legal)) {
    return fmt::format(
        "Topic name is invalid: '{}' contains one or more characters other than ASCII "
        "alphanumerics, '.', '_' and '-'",
        name);
  }
  return std::nullopt;
}

std::string collision_key(std::string_view name) {
  std::string key{name};
  std::ranges::replace(key, '.', '_');
  return key;
}

bool can_collide(std::string_view name) {
  return name.find_first_of("._") != std::string_view::npos;
}

}  // namespace ottla
