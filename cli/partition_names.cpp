#include "cli/partition_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ottla {
namespace {

std::optional<int32_t> parse_number(std::string_view text) {
  int32_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

outcome<partition_name> parse_partition_name(std::string_view text) {
  auto slash = text.find('/');
  partition_name name{std::string(text.substr(0, slash)), std::nullopt};
  bool is_right = !name.topic.empty();
  if (slash != std::string_view::npos) {
    name.partition = parse_number(text.substr(slash + 1));
    is_right = is_right && name.partition;
  }
  if (is_right) return name;
  return fault{error_code::invalid_request,
               fmt::format("'{}' names no topic (orders) and no partition (orders/3)", text)};
}

outcome<std::vector<partition_name>> parse_partition_names(const std::vector<std::string>& texts) {
  std::vector<partition_name> names;
  for (const auto& text : texts) {
    auto name = parse_partition_name(text);
    if (!name) return std::move(name.error());
    names.push_back(std::move(*name));
  }
  return names;
}

bool is_meant(const std::vector<partition_name>& names, const topic_partition& which) {
  if (names.empty()) return true;
  return std::ranges::any_of(names, [&](const partition_name& name) {
    return name.topic == which.topic && (!name.partition || *name.partition == which.partition);
  });
}

outcome<std::vector<broker_id>> parse_broker_ids(std::string_view text) {
  std::vector<broker_id> ids;
  for (size_t start = 0; start <= text.size();) {
    auto end = std::min(text.find(',', start), text.size());
    auto id = parse_number(text.substr(start, end - start));
    if (!id || std::ranges::find(ids, *id) != ids.end()) {
      return fault{error_code::invalid_request,
                   fmt::format("'{}' is no list of different broker ids, as in 1,2,3", text)};
    }
    ids.push_back(*id);
    start = end + 1;
  }
  return ids;
}

}  // namespace ottla
