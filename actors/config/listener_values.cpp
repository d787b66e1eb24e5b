#include "actors/config/listener_values.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "actors/config/config_value.hpp"

namespace ottla {
namespace {

/// What the highest layer says that has the key.
std::optional<std::string> find_in(const config_layers& layers, const std::string& name) {
  if (auto at = layers.dynamic_broker.find(name); at != layers.dynamic_broker.end()) {
    return at->second;
  }
  if (auto at = layers.dynamic_default.find(name); at != layers.dynamic_default.end()) {
    return at->second;
  }
  if (auto at = layers.statics.find(name); at != layers.statics.end()) return at->second.value;
  return std::nullopt;
}

}  // namespace

bool is_listener_key(std::string_view key) {
  return key == "max.connections" || key == "max.connection.creation.rate";
}

std::map<std::string, int32_t, std::less<>> listener_values(const broker_config& config,
                                                            std::string_view key) {
  std::map<std::string, int32_t, std::less<>> values;
  for (const auto& listener : config.listeners) {
    auto name = listener.name;
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto text = find_in(config.layers, "listener.name." + name + "." + std::string(key));
    const auto number = text ? parse_config_integer(*text) : std::nullopt;
    if (number) values.emplace(listener.name, static_cast<int32_t>(*number));
  }
  return values;
}

}  // namespace ottla
