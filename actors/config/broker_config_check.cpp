#include "actors/config/broker_config_check.hpp"

#include <fmt/format.h>

#include <map>

#include "actors/config/config_value.hpp"
#include "actors/config/listener_values.hpp"

namespace ottla {
namespace {

constexpr std::string_view listener_prefix = "listener.name.";

std::string unknown_broker_config(std::string_view name) {
  auto near = suggest_broker_config(name);
  return near.empty() ? fmt::format("Unknown broker config name: {}", name)
                      : fmt::format("Unknown broker config name: {}; did you mean {}?", name, near);
}

/// Ignored keys take any value of their type, as Kafka would.
outcome<void> check_broker_value(const config_definition& definition, std::string_view value) {
  if (definition.use == config_use::unsupported) {
    if (trim_blanks(value).empty() || trim_blanks(value) == definition.default_value) return {};
    return fault{error_code::invalid_config,
                 fmt::format("{} cannot be honoured: {}", definition.name, definition.why)};
  }
  return check_config_value(definition, value);
}

std::string_view reason_to_ignore(std::string_view name, const config_definition& definition) {
  if (definition.use == config_use::ignored) return definition.why;
  if (name != definition.name && !is_listener_key(definition.name)) {
    return "single listeners have no value of their own for this";
  }
  return {};
}

}  // namespace

const config_definition* definition_of_broker_setting(std::string_view name) {
  if (!name.starts_with(listener_prefix)) return find_broker_config(name);
  // Mechanisms stand between the listener and the key: listener.name.x.plain.sasl.jaas.config.
  std::string_view rest = name.substr(listener_prefix.size());
  for (size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    rest.remove_prefix(dot + 1);
    if (auto definition = find_broker_config(rest)) return definition;
  }
  return nullptr;
}

void check_static_settings(const config_layers& layers, std::vector<std::string>& problems,
                           std::vector<std::string>& warnings) {
  std::map<std::string_view, std::vector<std::string_view>> ignored;
  for (const auto& [name, setting] : layers.statics) {
    const config_definition* definition = definition_of_broker_setting(name);
    std::string where = setting.origin.empty() ? "" : setting.origin + ": ";
    if (!definition) {
      problems.push_back(where + unknown_broker_config(name));
      continue;
    }
    if (auto checked = check_broker_value(*definition, setting.value); !checked) {
      problems.push_back(where + checked.error().message);
      continue;
    }
    // Its controller reads it from what is stored for the broker's id.
    if (name == draining_key && setting.value != "false") {
      problems.push_back(
          fmt::format("{}{} is set while the broker runs: ottla config alter broker "
                      "ID --set {}={}",
                      where, name, name, setting.value));
      continue;
    }
    auto why = reason_to_ignore(name, *definition);
    if (!why.empty()) ignored[why].push_back(name);
  }
  for (const auto& [why, names] : ignored) {
    warnings.push_back(fmt::format("{} {} no effect: {}", fmt::join(names, ", "),
                                   names.size() == 1 ? "has" : "have", why));
  }
}

outcome<void> check_broker_override(std::string_view name, std::string_view value,
                                    bool is_cluster_default) {
  const config_definition* definition = definition_of_broker_setting(name);
  if (!definition) return fault{error_code::invalid_config, unknown_broker_config(name)};
  if (definition->update == config_update::read_only) {
    return fault{error_code::invalid_config,
                 fmt::format("Cannot update {} dynamically; set it in the configuration file and "
                             "restart the broker",
                             name)};
  }
  if (is_cluster_default && definition->update == config_update::per_broker) {
    return fault{error_code::invalid_config,
                 fmt::format("Cannot update {} at default cluster level, broker id must be "
                             "specified",
                             name)};
  }
  // In a file 0 is allowed, as in Kafka; it says nothing about cleaning here.
  if (definition->name == "log.cleaner.threads" && parse_config_integer(value).value_or(1) < 1) {
    return fault{error_code::invalid_config, "Log cleaner threads should be at least 1"};
  }
  return check_broker_value(*definition, value);
}

}  // namespace ottla
