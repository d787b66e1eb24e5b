// Checks of single broker values, static and dynamic. Of use only inside actors/config.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/config/config_layers.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

/// Adds what is wrong with the static values, and one warning per reason why keys are ignored.
void check_static_settings(const config_layers& layers, std::vector<std::string>& problems,
                           std::vector<std::string>& warnings);

/// Whether one value may be set at run time, for one broker or for all.
outcome<void> check_broker_override(std::string_view name, std::string_view value,
                                    bool is_cluster_default);

/// The entry of a broker key; keys for one listener ("listener.name.x.KEY") count as KEY. Null: no
/// such key.
const config_definition* definition_of_broker_setting(std::string_view name);

}  // namespace ottla
