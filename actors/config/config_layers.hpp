// Where configuration values come from, and which one counts.
//
// Lowest first: the table's default, static values (file, environment, --override; merged before
// they get here), values set at run time for all brokers, values set at run time for this broker,
// values of a topic. Plain data.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "actors/config/config_definition.hpp"

namespace ottla {

/// Numbers of Kafka's DescribeConfigs reply.
enum class config_source : int8_t {
  unknown = 0,
  dynamic_topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  default_value = 5,
  dynamic_broker_logger = 6,
  dynamic_client_metrics = 7,
  dynamic_group = 8,
};

/// Kafka's upper-case name, e.g. "DYNAMIC_TOPIC_CONFIG".
std::string_view config_source_name(config_source source);

/// Key -> value as text, as stored and sent.
using config_map = std::map<std::string, std::string, std::less<>>;

/// A static value and where it was written, e.g. "server.properties:12" or "OTTLA_LOG_DIRS".
struct static_setting {
  std::string value;
  std::string origin;
};

/// All values of one broker except defaults.
struct config_layers {
  std::map<std::string, static_setting, std::less<>> statics;
  config_map dynamic_default;  ///< Set at run time for every broker.
  config_map dynamic_broker;   ///< Set at run time for this broker.

  struct found {
    std::optional<std::string> value;  ///< Nothing: null.
    config_source source = config_source::default_value;
  };
  /// The value of exactly this key in the highest layer that has it, else its default. Synonyms are
  /// not followed.
  [[nodiscard]] found find(const config_definition& definition) const;
  /// What somebody has set, for any key; nothing if nobody has.
  [[nodiscard]] std::optional<found> find_set(std::string_view key) const;
};

}  // namespace ottla
