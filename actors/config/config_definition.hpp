// The table of every configuration key: name, type, default, range, meaning.
//
// One entry per key and place (broker, topic, group); everything else follows from it: parsing,
// validation, the DescribeConfigs reply and docs/configuration.md. Constant data, any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/outcome.hpp"

namespace ottla {

/// Numbers of Kafka's DescribeConfigs reply.
enum class config_type : int8_t {
  boolean = 1,
  text = 2,
  int32 = 3,
  int16 = 4,
  int64 = 5,
  float64 = 6,
  list = 7,
  class_name = 8,
  password = 9,
};

enum class config_importance : uint8_t { high, medium, low };

/// Whether and for whom a broker key can change while the broker runs (Kafka's update modes).
enum class config_update : uint8_t { read_only, per_broker, cluster_wide };

/// What a key does here.
enum class config_use : uint8_t {
  honoured,     ///< Does what its documentation says.
  ignored,      ///< Kafka's key without meaning here: accepted with one warning that says why.
  unsupported,  ///< Ignoring it would break a promise: any value but the default is refused.
};

/// One key. `why` is set for keys that are not honoured.
struct config_definition {
  std::string_view name;
  config_type type = config_type::text;
  std::optional<std::string_view> default_value;  ///< Nothing: null.
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::string_view allowed;  ///< Comma-separated values of a text or of the items of a list.
  config_importance importance = config_importance::medium;
  config_update update = config_update::read_only;
  config_use use = config_use::honoured;
  std::string_view doc;
  std::string_view why;

  [[nodiscard]] bool is_sensitive() const { return type == config_type::password; }
};

/// A broker for whose id the cluster has stored it gets no new replicas.
inline constexpr std::string_view draining_key = "ottla.broker.draining";

/// Broker keys, sorted by name.
std::span<const config_definition> broker_config_definitions();
/// Topic keys, sorted by name. Defaults are those of the broker keys they fall back to.
std::span<const config_definition> topic_config_definitions();

/// The entry of exactly this name, or null.
const config_definition* find_broker_config(std::string_view name);
const config_definition* find_topic_config(std::string_view name);

/// Broker keys whose value a topic key falls back to, first wins; empty if there is none.
/// "retention.ms" -> "log.retention.ms", "log.retention.minutes", "log.retention.hours".
std::span<const std::string_view> broker_synonyms_of_topic_config(std::string_view topic_config);

/// Broker keys that set the same thing as `name` (itself among them), in order of precedence.
/// "log.roll.hours" -> "log.roll.ms", "log.roll.hours".
std::span<const std::string_view> broker_synonyms(std::string_view name);

/// Factor that turns a value of `from` into the unit of `to` ("log.retention.hours" ->
/// "retention.ms": 3,600,000); 1 for keys of the same unit.
int64_t unit_factor(std::string_view from, std::string_view to);

/// What the writer of an unknown key most likely meant: the same setting under its broker or topic
/// name ("retention.ms" in a broker's file), else the key nearest by edit distance; empty if none
/// is near.
std::string_view suggest_broker_config(std::string_view unknown);
std::string_view suggest_topic_config(std::string_view unknown);

/// Whether `value` can be given to the key; the fault says what is allowed (INVALID_CONFIG).
outcome<void> check_config_value(const config_definition& definition, std::string_view value);

/// "BOOLEAN", "INT", ...: Kafka's names of the types.
std::string_view config_type_name(config_type type);
/// "high", "medium", "low".
std::string_view config_importance_name(config_importance importance);
/// Kafka's names: "read-only", "per-broker", "cluster-wide".
std::string_view config_update_name(config_update update);
/// The permitted values for people, "[1,...]" or "[compact, delete]"; empty if any will do.
std::string describe_valid_values(const config_definition& definition);

}  // namespace ottla
