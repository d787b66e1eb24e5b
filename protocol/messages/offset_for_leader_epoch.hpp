// The OffsetForLeaderEpoch API (key 23), versions 2 to 4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct offset_for_leader_epoch_response;

struct offset_for_leader_epoch_request {
  static constexpr api_key api = api_key::offset_for_leader_epoch;
  using response = offset_for_leader_epoch_response;

  struct offset_for_leader_partition {
    int32_t partition = 0;
    /// An epoch used to fence consumers/replicas with old metadata. If the epoch provided by the
    /// client is larger than the current epoch known to the broker, then the UNKNOWN_LEADER_EPOCH
    /// error code will be returned. If the provided epoch is smaller, then the FENCED_LEADER_EPOCH
    /// error code will be returned.
    int32_t current_leader_epoch = -1;
    /// Epoch to look up an offset for.
    int32_t leader_epoch = 0;

    bool operator==(const offset_for_leader_partition&) const = default;
  };

  struct offset_for_leader_topic {
    std::string topic;
    std::vector<offset_for_leader_partition> partitions;

    bool operator==(const offset_for_leader_topic&) const = default;
  };

  /// Broker ID of the follower, of -1 if this request is from a consumer.
  int32_t replica_id = -2;
  std::vector<offset_for_leader_topic> topics;

  bool operator==(const offset_for_leader_epoch_request&) const = default;
};

struct offset_for_leader_epoch_response {
  static constexpr api_key api = api_key::offset_for_leader_epoch;

  struct epoch_end_offset {
    ottla::error_code error_code = ottla::error_code::none;
    int32_t partition = 0;
    int32_t leader_epoch = -1;
    int64_t end_offset = -1;

    bool operator==(const epoch_end_offset&) const = default;
  };

  struct offset_for_leader_topic_result {
    std::string topic;
    std::vector<epoch_end_offset> partitions;

    bool operator==(const offset_for_leader_topic_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<offset_for_leader_topic_result> topics;

  bool operator==(const offset_for_leader_epoch_response&) const = default;
};

}  // namespace ottla
