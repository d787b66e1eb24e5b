#include "actors/config/listener_values.hpp"

#include "actors/config/config_value.hpp"
#include "protocol/ascii.hpp"

namespace ottla {

bool is_listener_key(std::string_view key) {
  return key == "max.connections" || key == "max.connection.creation.rate";
}

std::map<std::string, int32_t, std::less<>> listener_values(const broker_config& config,
                                                            std::string_view key) {
  std::map<std::string, int32_t, std::less<>> values;
  for (const auto& listener : config.listeners) {
    const auto set = config.layers.find_set("listener.name." + lower_case(listener.name) + "." +
                                            std::string(key));
    const auto number = set ? parse_config_integer(*set->value) : std::nullopt;
    if (number) values.emplace(listener.name, static_cast<int32_t>(*number));
  }
  return values;
}

}  // namespace ottla
