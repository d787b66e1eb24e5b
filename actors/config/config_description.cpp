#include "actors/config/config_description.hpp"

#include <algorithm>

#include "actors/config/broker_config.hpp"
#include "actors/config/broker_config_check.hpp"
#include "actors/config/config_reader.hpp"

namespace ottla {
namespace {

std::optional<std::string> shown(std::string_view value, bool is_sensitive) {
  if (is_sensitive) return std::nullopt;
  return std::string(trim_blanks(value));
}

/// Every value that the keys of `group` have in any layer, highest layer first: the first one
/// counts, the next would count without it.
std::vector<config_synonym> synonyms_of(const config_layers& layers,
                                        std::span<const std::string_view> group,
                                        bool is_sensitive) {
  std::vector<config_synonym> found;
  auto add = [&](const auto& values, config_source source, auto text_of) {
    for (std::string_view key : group) {
      auto at = values.find(key);
      if (at == values.end()) continue;
      found.push_back({std::string(key), shown(text_of(at->second), is_sensitive), source});
    }
  };
  auto plain = [](const std::string& value) -> std::string_view { return value; };
  auto stated = [](const static_setting& setting) -> std::string_view { return setting.value; };
  add(layers.dynamic_broker, config_source::dynamic_broker, plain);
  add(layers.dynamic_default, config_source::dynamic_default_broker, plain);
  add(layers.statics, config_source::static_broker, stated);
  for (std::string_view key : group) {
    const config_definition* definition = find_broker_config(key);
    if (!definition || !definition->default_value) continue;
    found.push_back({std::string(key), shown(*definition->default_value, is_sensitive),
                     config_source::default_value});
  }
  return found;
}

described_config describe(const config_definition& definition) {
  return {.name = std::string(definition.name),
          .is_sensitive = definition.is_sensitive(),
          .type = definition.type,
          .doc = definition.doc.empty() ? definition.why : definition.doc};
}

described_config describe_topic_config(const broker_config& broker, const config_map& overrides,
                                       const config_definition& definition) {
  auto described = describe(definition);
  auto effective = effective_topic_value(broker.layers, overrides, definition);
  described.source = effective.source;
  if (effective.value) described.value = shown(*effective.value, described.is_sensitive);
  described.synonyms = synonyms_of(broker.layers, broker_synonyms_of_topic_config(definition.name),
                                   described.is_sensitive);
  if (effective.source == config_source::dynamic_topic) {
    described.synonyms.insert(
        described.synonyms.begin(),
        {std::string(definition.name), described.value, config_source::dynamic_topic});
  }
  return described;
}

described_config describe_broker_config(const broker_config& broker,
                                        const config_definition& definition) {
  auto described = describe(definition);
  auto [value, source] = broker.layers.find(definition);
  described.source = source;
  if (value) described.value = shown(*value, described.is_sensitive);
  described.is_read_only = definition.update == config_update::read_only;
  described.synonyms =
      synonyms_of(broker.layers, broker_synonyms(definition.name), described.is_sensitive);
  return described;
}

/// A key for one listener: known, but without an entry of its own in the table.
described_config describe_static_setting(const std::string& name, const static_setting& setting) {
  auto described = describe(*definition_of_broker_setting(name));
  described.name = name;
  described.value = shown(setting.value, described.is_sensitive);
  described.source = config_source::static_broker;
  described.is_read_only = true;
  described.synonyms = {{name, described.value, config_source::static_broker}};
  return described;
}

}  // namespace

std::vector<described_config> describe_topic_configs(const broker_config& broker,
                                                     const config_map& overrides) {
  std::vector<described_config> all;
  for (const auto& definition : topic_config_definitions()) {
    bool is_hidden = definition.name.starts_with("internal.") &&
                     overrides.find(definition.name) == overrides.end();
    if (!is_hidden) all.push_back(describe_topic_config(broker, overrides, definition));
  }
  return all;
}

std::vector<described_config> describe_broker_configs(const broker_config& broker) {
  std::vector<described_config> all;
  for (const auto& definition : broker_config_definitions()) {
    auto described = describe_broker_config(broker, definition);
    bool is_shown =
        definition.use == config_use::honoured || described.source != config_source::default_value;
    if (is_shown) all.push_back(std::move(described));
  }
  for (const auto& [name, setting] : broker.layers.statics) {
    if (!find_broker_config(name)) all.push_back(describe_static_setting(name, setting));
  }
  std::ranges::sort(all, {}, &described_config::name);
  return all;
}

std::vector<described_config> describe_cluster_default_configs(const broker_config& broker) {
  std::vector<described_config> all;
  for (const auto& [name, value] : broker.layers.dynamic_default) {
    auto described = describe(*definition_of_broker_setting(name));
    described.name = name;
    described.value = shown(value, described.is_sensitive);
    described.source = config_source::dynamic_default_broker;
    described.synonyms = {{name, described.value, config_source::dynamic_default_broker}};
    all.push_back(std::move(described));
  }
  return all;
}

}  // namespace ottla
