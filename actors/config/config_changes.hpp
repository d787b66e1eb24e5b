// Changes asked for by AlterConfigs and IncrementalAlterConfigs, as pure functions on maps.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "actors/config/config_layers.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

struct broker_config;

/// Numbers of IncrementalAlterConfigs.
enum class config_operation : int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

struct config_change {
  std::string name;
  config_operation operation = config_operation::set;
  std::optional<std::string> value;  ///< Null is only allowed with `remove`.
};

/// The overrides of a topic after the changes (IncrementalAlterConfigs), validated as a whole.
outcome<config_map> change_topic_configs(const broker_config& broker, const config_map& current,
                                         std::span<const config_change> changes);

/// The same for the values stored for one broker, or for all (`is_cluster_default`).
outcome<config_map> change_broker_configs(const broker_config& broker, const config_map& current,
                                          std::span<const config_change> changes,
                                          bool is_cluster_default);

}  // namespace ottla
