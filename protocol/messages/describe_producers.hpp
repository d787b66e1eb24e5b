// The DescribeProducers API (key 61), version 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct describe_producers_response;

struct describe_producers_request {
  static constexpr api_key api = api_key::describe_producers;
  using response = describe_producers_response;

  struct topic_request {
    std::string name;
    std::vector<int32_t> partition_indexes;

    bool operator==(const topic_request&) const = default;
  };

  std::vector<topic_request> topics;

  bool operator==(const describe_producers_request&) const = default;
};

struct describe_producers_response {
  static constexpr api_key api = api_key::describe_producers;

  struct producer_state {
    int64_t producer_id = 0;
    int32_t producer_epoch = 0;
    /// Last sequence number sent by the producer.
    int32_t last_sequence = -1;
    int64_t last_timestamp = -1;
    int32_t coordinator_epoch = 0;
    int64_t current_txn_start_offset = -1;

    bool operator==(const producer_state&) const = default;
  };

  struct partition_response {
    int32_t partition_index = 0;
    ottla::error_code error_code = ottla::error_code::none;
    /// Partition error message, which may be null if no additional details are available.
    std::optional<std::string> error_message;
    std::vector<producer_state> active_producers;

    bool operator==(const partition_response&) const = default;
  };

  struct topic_response {
    std::string name;
    std::vector<partition_response> partitions;

    bool operator==(const topic_response&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<topic_response> topics;

  bool operator==(const describe_producers_response&) const = default;
};

}  // namespace ottla
