// The CreateTopics API (key 19), versions 2 to 7.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct create_topics_response;

struct create_topics_request {
  static constexpr api_key api = api_key::create_topics;
  using response = create_topics_response;

  struct creatable_replica_assignment {
    int32_t partition_index = 0;
    std::vector<int32_t> broker_ids;

    bool operator==(const creatable_replica_assignment&) const = default;
  };

  struct creatable_topic_config {
    std::string name;
    std::optional<std::string> value;

    bool operator==(const creatable_topic_config&) const = default;
  };

  struct creatable_topic {
    std::string name;
    /// Number of partitions to create in the topic, or -1 if we are either specifying a manual
    /// partition assignment or using the default partitions.
    int32_t num_partitions = 0;
    /// Number of replicas to create for each partition in the topic, or -1 if we are either
    /// specifying a manual partition assignment or using the default replication factor.
    int16_t replication_factor = 0;
    /// Manual partition assignment, or the empty array if we are using automatic assignment.
    std::vector<creatable_replica_assignment> assignments;
    /// Custom topic configurations to set.
    std::vector<creatable_topic_config> configs;

    bool operator==(const creatable_topic&) const = default;
  };

  std::vector<creatable_topic> topics;
  /// How long to wait in milliseconds before timing out the request.
  int32_t timeout_ms = 60000;
  /// If true, check that the topics can be created as specified, but don't create anything.
  bool validate_only = false;

  bool operator==(const create_topics_request&) const = default;
};

struct create_topics_response {
  static constexpr api_key api = api_key::create_topics;

  struct creatable_topic_configs {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    int8_t config_source = -1;
    bool is_sensitive = false;

    bool operator==(const creatable_topic_configs&) const = default;
  };

  struct creatable_topic_result {
    std::string name;
    uuid topic_id;
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> error_message;
    /// Optional topic config error returned if configs are not returned in the response.
    ottla::error_code topic_config_error_code = ottla::error_code::none;
    int32_t num_partitions = -1;
    int16_t replication_factor = -1;
    std::optional<std::vector<creatable_topic_configs>> configs;

    bool operator==(const creatable_topic_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  /// Results for each topic we tried to create.
  std::vector<creatable_topic_result> topics;

  bool operator==(const create_topics_response&) const = default;
};

}  // namespace ottla
