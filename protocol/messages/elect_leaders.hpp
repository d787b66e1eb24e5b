// The ElectLeaders API (key 43), versions 0 to 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct elect_leaders_response;

struct elect_leaders_request {
  static constexpr api_key api = api_key::elect_leaders;
  using response = elect_leaders_response;

  struct topic_partition_set {
    std::string topic;
    /// Partitions of this topic whose leader should be elected.
    std::vector<int32_t> partitions;

    bool operator==(const topic_partition_set&) const = default;
  };

  /// Type of elections to conduct for the partition. A value of '0' elects the preferred replica. A
  /// value of '1' elects the first live replica if there are no in-sync replica.
  int8_t election_type = 0;
  std::optional<std::vector<topic_partition_set>> topic_partitions;
  /// Time in ms to wait for the election to complete.
  int32_t timeout_ms = 60000;

  bool operator==(const elect_leaders_request&) const = default;
};

struct elect_leaders_response {
  static constexpr api_key api = api_key::elect_leaders;

  struct partition_election {
    int32_t partition_id = 0;
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> error_message;

    bool operator==(const partition_election&) const = default;
  };

  struct replica_election_result {
    std::string topic;
    std::vector<partition_election> partition_result;

    bool operator==(const replica_election_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  /// Election results, or an empty array if the requester did not have permission and the request
  /// asks for all partitions.
  std::vector<replica_election_result> replica_election_results;

  bool operator==(const elect_leaders_response&) const = default;
};

}  // namespace ottla
