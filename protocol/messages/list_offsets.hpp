// The ListOffsets API (key 2), versions 1 to 11.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct list_offsets_response;

struct list_offsets_request {
  static constexpr api_key api = api_key::list_offsets;
  using response = list_offsets_response;

  struct list_offsets_partition {
    int32_t partition_index = 0;
    int32_t current_leader_epoch = -1;
    int64_t timestamp = 0;

    bool operator==(const list_offsets_partition&) const = default;
  };

  struct list_offsets_topic {
    std::string name;
    std::vector<list_offsets_partition> partitions;

    bool operator==(const list_offsets_topic&) const = default;
  };

  /// Broker ID of the requester, or -1 if this request is being made by a normal consumer.
  int32_t replica_id = 0;
  /// This setting controls the visibility of transactional records. Using READ_UNCOMMITTED
  /// (isolation_level = 0) makes all records visible. With READ_COMMITTED (isolation_level = 1),
  /// non-transactional and COMMITTED transactional records are visible. To be more concrete,
  /// READ_COMMITTED returns all data from offsets smaller than the current LSO (last stable
  /// offset), and enables the inclusion of the list of aborted transactions in the result, which
  /// allows consumers to discard ABORTED transactional records.
  int8_t isolation_level = 0;
  std::vector<list_offsets_topic> topics;
  /// Timeout to await a response in milliseconds for requests that require reading from remote
  /// storage for topics enabled with tiered storage.
  int32_t timeout_ms = 0;

  bool operator==(const list_offsets_request&) const = default;
};

struct list_offsets_response {
  static constexpr api_key api = api_key::list_offsets;

  struct list_offsets_partition_response {
    int32_t partition_index = 0;
    ottla::error_code error_code = ottla::error_code::none;
    /// Timestamp associated with the returned offset.
    int64_t timestamp = -1;
    int64_t offset = -1;
    /// Leader epoch associated with the returned offset.
    int32_t leader_epoch = -1;

    bool operator==(const list_offsets_partition_response&) const = default;
  };

  struct list_offsets_topic_response {
    std::string name;
    std::vector<list_offsets_partition_response> partitions;

    bool operator==(const list_offsets_topic_response&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<list_offsets_topic_response> topics;

  bool operator==(const list_offsets_response&) const = default;
};

}  // namespace ottla
