#include "actors/config/replication_throttle.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/config/config_reader.hpp"

namespace ottla {
namespace {

constexpr std::string_view every_replica = "*";

std::string_view rate_key(throttled_side side) {
  return side == throttled_side::leader ? "leader.replication.throttled.rate"
                                        : "follower.replication.throttled.rate";
}

std::string_view replicas_key(throttled_side side) {
  return side == throttled_side::leader ? "leader.replication.throttled.replicas"
                                        : "follower.replication.throttled.replicas";
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_replica(std::string_view item) {
  const auto colon = item.find(':');
  return colon != std::string_view::npos && is_number(item.substr(0, colon)) &&
         is_number(item.substr(colon + 1));
}

}  // namespace

int64_t throttled_bytes_per_second(const broker_config& config, throttled_side side) {
  const auto set = effective_broker_value(config.layers, rate_key(side));
  return parse_config_integer(set.value.value_or("")).value_or(INT64_MAX);
}

bool is_throttled(const config_map& topic_overrides, throttled_side side, partition_index partition,
                  broker_id broker) {
  const auto set = topic_overrides.find(replicas_key(side));
  if (set == topic_overrides.end()) return false;
  if (trim_blanks(set->second) == every_replica) return true;
  const auto wanted = fmt::format("{}:{}", partition, broker);
  const auto items = split_config_list(set->second);
  return std::ranges::find(items, wanted) != items.end();
}

outcome<void> check_throttled_replicas(std::string_view key, std::string_view list) {
  const auto trimmed = trim_blanks(list);
  if (trimmed.empty() || trimmed == every_replica) return {};
  if (std::ranges::all_of(split_config_list(list), is_replica)) return {};
  return fault{error_code::invalid_config,
               fmt::format("Invalid value {} for configuration {}: {} must be the literal '*' or a "
                           "list of replicas in the following format: "
                           "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
                           list, key, key)};
}

}  // namespace ottla
