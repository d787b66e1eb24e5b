// AlterConfigs, IncrementalAlterConfigs and ElectLeaders as edits of a draft, with Kafka's checks.
#pragma once

#include "actors/cluster/change_context.hpp"
#include "actors/config/config_description.hpp"
#include "protocol/messages/alter_configs.hpp"
#include "protocol/messages/elect_leaders.hpp"
#include "protocol/messages/incremental_alter_configs.hpp"

namespace ottla {

/// Numbers of Kafka's config resources.
enum class config_resource : int8_t {
  unknown = 0,
  topic = 2,
  broker = 4,
  broker_logger = 8,
  client_metrics = 16,
  group = 32
};

/// The broker that a resource of type `broker` names; nothing for all of them (empty name).
/// INVALID_REQUEST unless the name is empty or a number.
outcome<std::optional<broker_id>> parse_broker_resource(std::string_view name);

/// All configs of a topic as DescribeConfigs tells them. The durability level that a topic got by
/// itself counts as a default: tools that copy overrides to another cluster leave it out.
std::vector<described_config> describe_topic(const broker_config& config, std::string_view name,
                                             size_t replication_factor,
                                             const config_map& overrides);

alter_configs_response alter_configs(const change_context& context,
                                     const alter_configs_request& request);

incremental_alter_configs_response incremental_alter_configs(
    const change_context& context, const incremental_alter_configs_request& request);

elect_leaders_response elect_leaders(const change_context& context,
                                     const elect_leaders_request& request);

}  // namespace ottla
