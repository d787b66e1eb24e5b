// The ListPartitionReassignments API (key 46), version 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct list_partition_reassignments_response;

struct list_partition_reassignments_request {
  static constexpr api_key api = api_key::list_partition_reassignments;
  using response = list_partition_reassignments_response;

  struct list_partition_reassignments_topics {
    std::string name;
    std::vector<int32_t> partition_indexes;

    bool operator==(const list_partition_reassignments_topics&) const = default;
  };

  /// Time in ms to wait for the request to complete.
  int32_t timeout_ms = 60000;
  /// Topics to list partition reassignments for, or null to list everything.
  std::optional<std::vector<list_partition_reassignments_topics>> topics;

  bool operator==(const list_partition_reassignments_request&) const = default;
};

struct list_partition_reassignments_response {
  static constexpr api_key api = api_key::list_partition_reassignments;

  struct ongoing_partition_reassignment {
    int32_t partition_index = 0;
    std::vector<int32_t> replicas;
    std::vector<int32_t> adding_replicas;
    std::vector<int32_t> removing_replicas;

    bool operator==(const ongoing_partition_reassignment&) const = default;
  };

  struct ongoing_topic_reassignment {
    std::string name;
    std::vector<ongoing_partition_reassignment> partitions;

    bool operator==(const ongoing_topic_reassignment&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  /// Top-level error message, or null if there was no error.
  std::optional<std::string> error_message;
  std::vector<ongoing_topic_reassignment> topics;

  bool operator==(const list_partition_reassignments_response&) const = default;
};

}  // namespace ottla
