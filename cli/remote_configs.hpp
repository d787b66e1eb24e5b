// Configurations of topics and brokers, asked for and changed over the network.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/admin_client.hpp"
#include "protocol/messages/describe_configs.hpp"

namespace ottla {

/// Kafka's numbers of resource types.
inline constexpr int8_t topic_resource = 2;
inline constexpr int8_t broker_resource = 4;

/// "key=value" at the first '='; an empty key if there is none.
std::pair<std::string, std::string> split_key_value(const std::string& text);

using remote_config = describe_configs_response::describe_configs_resource_result;

/// All values of one topic or broker; an empty broker name asks for the values set for all brokers.
outcome<std::vector<remote_config>> describe_configs(admin_client& client, int8_t resource_type,
                                                     const std::string& name);

struct topic_override {
  std::string name;
  std::optional<std::string> value;
};

/// The values that a topic does not inherit.
outcome<std::vector<topic_override>> topic_overrides(admin_client& client,
                                                     const std::string& topic);

enum class edit_kind : int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

struct config_edit {
  edit_kind kind = edit_kind::set;
  std::string text;  ///< "key=value", or "key" to remove.
};

/// One edit for each key, as brokers want them: what is added to one list, or taken from it, goes
/// together. INVALID_REQUEST names a key that is changed twice in any other way.
outcome<std::vector<config_edit>> joined(const std::vector<config_edit>& edits);

/// Changes values of one topic or broker, all or none. The edits are joined.
outcome<void> alter_configs(admin_client& client, int8_t resource_type, const std::string& name,
                            const std::vector<config_edit>& edits, bool dry_run);

struct resource_edits {
  int8_t resource_type = topic_resource;
  std::string name;
  std::vector<config_edit> edits;
};
/// The same for many, each all or none. A topic that was deleted meanwhile is no fault.
outcome<void> alter_configs(admin_client& client, const std::vector<resource_edits>& all);

struct topic_values {
  std::string topic;
  std::vector<std::pair<std::string, std::string>>
      values;  ///< Those of the keys that are not null.
};
/// The values of `keys` of these topics.
outcome<std::vector<topic_values>> describe_topics(admin_client& client,
                                                   const std::vector<std::string>& topics,
                                                   const std::vector<std::string>& keys);

}  // namespace ottla
