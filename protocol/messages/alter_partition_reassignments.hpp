// The AlterPartitionReassignments API (key 45), versions 0 to 1 (KIP-455, KIP-860).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct alter_partition_reassignments_response;

struct alter_partition_reassignments_request {
  static constexpr api_key api = api_key::alter_partition_reassignments;
  using response = alter_partition_reassignments_response;

  struct reassignable_partition {
    int32_t partition_index = 0;
    /// The replicas to place the partition on, or null to cancel a pending reassignment.
    std::optional<std::vector<int32_t>> replicas;

    bool operator==(const reassignable_partition&) const = default;
  };

  struct reassignable_topic {
    std::string name;
    std::vector<reassignable_partition> partitions;

    bool operator==(const reassignable_topic&) const = default;
  };

  /// Time in ms to wait for the request to complete.
  int32_t timeout_ms = 60000;
  /// Whether a partition may get another number of replicas.
  bool allow_replication_factor_change = true;
  std::vector<reassignable_topic> topics;

  bool operator==(const alter_partition_reassignments_request&) const = default;
};

struct alter_partition_reassignments_response {
  static constexpr api_key api = api_key::alter_partition_reassignments;

  struct reassignable_partition_response {
    int32_t partition_index = 0;
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> error_message;

    bool operator==(const reassignable_partition_response&) const = default;
  };

  struct reassignable_topic_response {
    std::string name;
    std::vector<reassignable_partition_response> partitions;

    bool operator==(const reassignable_topic_response&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  ottla::error_code error_code = ottla::error_code::none;
  /// Top-level error message, or null if there was no error.
  std::optional<std::string> error_message;
  std::vector<reassignable_topic_response> responses;

  bool operator==(const alter_partition_reassignments_response&) const = default;
};

}  // namespace ottla
