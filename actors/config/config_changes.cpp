#include "actors/config/config_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "actors/config/broker_config.hpp"
#include "actors/config/broker_config_check.hpp"
#include "actors/config/config_reader.hpp"

namespace ottla {
namespace {

/// What decides about the keys of one kind of resource.
struct resource_rules {
  std::function<const config_definition*(std::string_view)> find;
  std::function<std::optional<std::string>(const config_definition&)> inherited_value;
  std::function<outcome<void>(const config_map&)> check;
};

outcome<void> check_shape(std::span<const config_change> changes) {
  std::set<std::string_view> seen;
  for (const auto& change : changes) {
    if (!seen.insert(change.name).second) {
      return fault{error_code::invalid_request,
                   fmt::format("Error due to duplicate config keys : {}", change.name)};
    }
    if (!change.value && change.operation != config_operation::remove) {
      return fault{error_code::invalid_request,
                   fmt::format("Null value not supported for : {}", change.name)};
    }
  }
  return {};
}

std::vector<std::string> appended(std::vector<std::string> items, std::string_view more) {
  for (auto& item : split_config_list(more)) {
    if (std::ranges::find(items, item) == items.end()) items.push_back(std::move(item));
  }
  return items;
}

std::vector<std::string> subtracted(std::vector<std::string> items, std::string_view less) {
  for (const auto& item : split_config_list(less)) std::erase(items, item);
  return items;
}

/// APPEND and SUBTRACT work on the value in force, inherited or not.
outcome<void> change_list(const config_change& change, const resource_rules& rules,
                          config_map& result) {
  const config_definition* definition = rules.find(change.name);
  bool is_append = change.operation == config_operation::append;
  if (!definition || definition->type != config_type::list) {
    return fault{error_code::invalid_config,
                 fmt::format("Can't {} to key {} because its type is not LIST.",
                             is_append ? "APPEND" : "SUBTRACT", change.name)};
  }
  auto own = result.find(change.name);
  auto current =
      own != result.end() ? std::optional(own->second) : rules.inherited_value(*definition);
  auto items = split_config_list(current.value_or(""));
  result[change.name] = join_config_list(is_append ? appended(items, *change.value)
                                                   : subtracted(items, *change.value));
  return {};
}

outcome<config_map> apply(const config_map& current, std::span<const config_change> changes,
                          const resource_rules& rules) {
  OTTLA_TRY(check_shape(changes));
  config_map result = current;
  for (const auto& change : changes) {
    switch (change.operation) {
      case config_operation::set:
        result[change.name] = *change.value;
        break;
      case config_operation::remove:
        result.erase(change.name);
        break;
      case config_operation::append:
      case config_operation::subtract:
        OTTLA_TRY(change_list(change, rules, result));
        break;
      default:
        return fault{error_code::invalid_request,
                     fmt::format("Unknown operation {} for {}", static_cast<int>(change.operation),
                                 change.name)};
    }
  }
  OTTLA_TRY(rules.check(result));
  return result;
}

}  // namespace

outcome<config_map> change_topic_configs(const broker_config& broker, const config_map& current,
                                         std::span<const config_change> changes) {
  return apply(
      current, changes,
      {.find = find_topic_config,
       .inherited_value =
           [&](const config_definition& definition) {
             return effective_topic_value(broker.layers, {}, definition).value;
           },
       .check = [&](const config_map& result) { return check_topic_overrides(broker, result); }});
}

outcome<config_map> change_broker_configs(const broker_config& broker, const config_map& current,
                                          std::span<const config_change> changes,
                                          bool is_cluster_default) {
  config_layers below{.statics = broker.layers.statics};
  if (!is_cluster_default) below.dynamic_default = broker.layers.dynamic_default;
  return apply(current, changes,
               {.find = definition_of_broker_setting,
                .inherited_value =
                    [&](const config_definition& definition) {
                      return effective_broker_value(below, definition.name).value;
                    },
                .check =
                    [&](const config_map& result) {
                      return check_broker_overrides(broker, result, is_cluster_default);
                    }});
}

}  // namespace ottla
