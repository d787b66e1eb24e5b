// Topics and partitions as people name them to a command: "orders", "orders/3". Plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct partition_name {
  std::string topic;
  std::optional<partition_index> partition;  ///< Nothing: all of the topic.
  friend bool operator==(const partition_name&, const partition_name&) = default;
};

/// INVALID_REQUEST for anything that is neither form.
outcome<partition_name> parse_partition_name(std::string_view text);

/// The same for several.
outcome<std::vector<partition_name>> parse_partition_names(const std::vector<std::string>& texts);

/// Whether `names` mean the partition; no names mean all.
bool is_meant(const std::vector<partition_name>& names, const topic_partition& which);

/// "1,2,3"; INVALID_REQUEST for anything else, and for an id that is named twice.
outcome<std::vector<broker_id>> parse_broker_ids(std::string_view text);

}  // namespace ottla
