#include "actors/config/config_layers.hpp"

#include "actors/config/config_reader.hpp"

namespace ottla {

std::string_view config_source_name(config_source source) {
  switch (source) {
    case config_source::unknown:
      return "UNKNOWN";
    case config_source::dynamic_topic:
      return "DYNAMIC_TOPIC_CONFIG";
    case config_source::dynamic_broker:
      return "DYNAMIC_BROKER_CONFIG";
    case config_source::dynamic_default_broker:
      return "DYNAMIC_DEFAULT_BROKER_CONFIG";
    case config_source::static_broker:
      return "STATIC_BROKER_CONFIG";
    case config_source::default_value:
      return "DEFAULT_CONFIG";
    case config_source::dynamic_broker_logger:
      return "DYNAMIC_BROKER_LOGGER_CONFIG";
    case config_source::dynamic_client_metrics:
      return "DYNAMIC_CLIENT_METRICS_CONFIG";
    case config_source::dynamic_group:
      return "DYNAMIC_GROUP_CONFIG";
  }
  return "UNKNOWN";
}

std::optional<config_layers::found> config_layers::find_set(std::string_view key) const {
  if (auto at = dynamic_broker.find(key); at != dynamic_broker.end()) {
    return found{at->second, config_source::dynamic_broker};
  }
  if (auto at = dynamic_default.find(key); at != dynamic_default.end()) {
    return found{at->second, config_source::dynamic_default_broker};
  }
  if (auto at = statics.find(key); at != statics.end()) {
    return found{at->second.value, config_source::static_broker};
  }
  return std::nullopt;
}

config_layers::found config_layers::find(const config_definition& definition) const {
  if (auto set = find_set(definition.name)) return *set;
  if (definition.default_value) return {std::string(*definition.default_value)};
  return {};
}

effective_value effective_broker_value(const config_layers& layers, std::string_view key) {
  auto group = broker_synonyms(key);
  effective_value by_default{.key = key};
  for (std::string_view name : group) {
    auto [value, source] = layers.find(*find_broker_config(name));
    if (source != config_source::default_value) return {name, value, source};
    if (value && !by_default.value) by_default = {name, value, source};
  }
  return by_default;
}

effective_value effective_topic_value(const config_layers& layers, const config_map& overrides,
                                      const config_definition& definition) {
  auto own = overrides.find(definition.name);
  if (own != overrides.end() && check_config_value(definition, own->second)) {
    return {definition.name, own->second, config_source::dynamic_topic};
  }
  auto synonyms = broker_synonyms_of_topic_config(definition.name);
  if (synonyms.empty()) {
    auto text = definition.default_value;
    return {definition.name, text ? std::optional(std::string(*text)) : std::nullopt};
  }
  auto inherited = effective_broker_value(layers, synonyms.front());
  if (inherited.value) {
    inherited.value = convert_unit(*inherited.value, inherited.key, definition.name);
  }
  return inherited;
}

std::string convert_unit(std::string_view text, std::string_view from, std::string_view to) {
  int64_t factor = unit_factor(from, to);
  if (factor == 1) return std::string(trim_blanks(text));
  auto number = parse_config_integer(text);
  OTTLA_ASSERT(number.has_value());
  return std::to_string(*number < 0 ? -1 : *number * factor);
}

}  // namespace ottla
