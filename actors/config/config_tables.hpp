// The parts of the configuration table, one source file each, and why a key of Kafka's does nothing
// here. Only config_definition.cpp puts them together.
#pragma once

#include <span>
#include <string_view>

#include "actors/config/config_definition.hpp"

namespace ottla {

std::span<const config_definition> network_config_table();
std::span<const config_definition> log_config_table();
std::span<const config_definition> group_config_table();
std::span<const config_definition> ignored_config_table();
std::span<const config_definition> topic_config_table();

inline constexpr std::string_view why_replication =
    "this version runs one node, which has no other broker to copy from or talk to";
inline constexpr std::string_view why_tiered = "this version has no tiered storage";

}  // namespace ottla
