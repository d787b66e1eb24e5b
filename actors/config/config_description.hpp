// What DescribeConfigs answers: each key with its value, source, synonyms and documentation.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/config/config_layers.hpp"

namespace ottla {

struct broker_config;

struct config_synonym {
  std::string name;
  std::optional<std::string> value;  ///< Null for a sensitive key.
  config_source source = config_source::default_value;
};

struct described_config {
  std::string name;
  std::optional<std::string> value;  ///< Null for a sensitive key.
  config_source source = config_source::default_value;
  bool is_read_only = false;
  bool is_sensitive = false;
  config_type type = config_type::text;
  std::string_view doc;
  std::vector<config_synonym>
      synonyms;  ///< The value itself first, then what it would fall back to.
};

/// All keys of a topic with these overrides, sorted by name.
std::vector<described_config> describe_topic_configs(const broker_config& broker,
                                                     const config_map& overrides);

/// All keys of a running broker, sorted by name; ignored ones only where they have been set.
std::vector<described_config> describe_broker_configs(const broker_config& broker);

/// Only the values stored for all brokers (DescribeConfigs with an empty broker name).
std::vector<described_config> describe_cluster_default_configs(const broker_config& broker);

}  // namespace ottla
