// The DescribeTopicPartitions API (key 75), version 0.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct describe_topic_partitions_response;

struct describe_topic_partitions_request {
  static constexpr api_key api = api_key::describe_topic_partitions;
  using response = describe_topic_partitions_response;

  struct topic_request {
    std::string name;

    bool operator==(const topic_request&) const = default;
  };

  struct topic_cursor {
    std::string topic_name;
    int32_t partition_index = 0;

    bool operator==(const topic_cursor&) const = default;
  };

  std::vector<topic_request> topics;
  /// Maximum number of partitions included in the response.
  int32_t response_partition_limit = 2000;
  /// First topic and partition index to fetch details for.
  std::optional<topic_cursor> cursor;

  bool operator==(const describe_topic_partitions_request&) const = default;
};

struct describe_topic_partitions_response {
  static constexpr api_key api = api_key::describe_topic_partitions;

  struct describe_topic_partitions_response_partition {
    ottla::error_code error_code = ottla::error_code::none;
    int32_t partition_index = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = -1;
    /// Set of all nodes that host this partition.
    std::vector<int32_t> replica_nodes;
    /// Set of nodes that are in sync with the leader for this partition.
    std::vector<int32_t> isr_nodes;
    std::optional<std::vector<int32_t>> eligible_leader_replicas;
    std::optional<std::vector<int32_t>> last_known_elr;
    std::vector<int32_t> offline_replicas;

    bool operator==(const describe_topic_partitions_response_partition&) const = default;
  };

  struct describe_topic_partitions_response_topic {
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> name;
    uuid topic_id;
    bool is_internal = false;
    std::vector<describe_topic_partitions_response_partition> partitions;
    /// 32-bit bitfield to represent authorized operations for this topic.
    int32_t topic_authorized_operations = std::numeric_limits<int32_t>::min();

    bool operator==(const describe_topic_partitions_response_topic&) const = default;
  };

  struct topic_cursor {
    std::string topic_name;
    int32_t partition_index = 0;

    bool operator==(const topic_cursor&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<describe_topic_partitions_response_topic> topics;
  /// Next topic and partition index to fetch details for.
  std::optional<topic_cursor> next_cursor;

  bool operator==(const describe_topic_partitions_response&) const = default;
};

}  // namespace ottla
