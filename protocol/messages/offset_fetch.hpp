// The OffsetFetch API (key 9), versions 1 to 10.
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

struct offset_fetch_response;

struct offset_fetch_request {
  static constexpr api_key api = api_key::offset_fetch;
  using response = offset_fetch_response;

  struct offset_fetch_request_topic {
    std::string name;
    /// Partition indexes we would like to fetch offsets for.
    std::vector<int32_t> partition_indexes;

    bool operator==(const offset_fetch_request_topic&) const = default;
  };

  struct offset_fetch_request_topics {
    std::string name;
    uuid topic_id;
    /// Partition indexes we would like to fetch offsets for.
    std::vector<int32_t> partition_indexes;

    bool operator==(const offset_fetch_request_topics&) const = default;
  };

  struct offset_fetch_request_group {
    std::string group_id;
    std::optional<std::string> member_id;
    /// Member epoch if using the new consumer protocol (KIP-848).
    int32_t member_epoch = -1;
    /// Each topic we would like to fetch offsets for, or null to fetch offsets for all topics.
    std::optional<std::vector<offset_fetch_request_topics>> topics;

    bool operator==(const offset_fetch_request_group&) const = default;
  };

  std::string group_id;
  /// Each topic we would like to fetch offsets for, or null to fetch offsets for all topics.
  std::optional<std::vector<offset_fetch_request_topic>> topics;
  /// Each group we would like to fetch offsets for.
  std::vector<offset_fetch_request_group> groups;
  /// Whether broker should hold on returning unstable offsets but set a retriable error code for
  /// the partitions.
  bool require_stable = false;

  bool operator==(const offset_fetch_request&) const = default;
};

struct offset_fetch_response {
  static constexpr api_key api = api_key::offset_fetch;

  struct offset_fetch_response_partition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata;
    ottla::error_code error_code = ottla::error_code::none;

    bool operator==(const offset_fetch_response_partition&) const = default;
  };

  struct offset_fetch_response_topic {
    std::string name;
    std::vector<offset_fetch_response_partition> partitions;

    bool operator==(const offset_fetch_response_topic&) const = default;
  };

  struct offset_fetch_response_partitions {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata;
    ottla::error_code error_code = ottla::error_code::none;

    bool operator==(const offset_fetch_response_partitions&) const = default;
  };

  struct offset_fetch_response_topics {
    std::string name;
    uuid topic_id;
    std::vector<offset_fetch_response_partitions> partitions;

    bool operator==(const offset_fetch_response_topics&) const = default;
  };

  struct offset_fetch_response_group {
    std::string group_id;
    std::vector<offset_fetch_response_topics> topics;
    ottla::error_code error_code = ottla::error_code::none;

    bool operator==(const offset_fetch_response_group&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<offset_fetch_response_topic> topics;
  ottla::error_code error_code = ottla::error_code::none;
  /// Responses per group id.
  std::vector<offset_fetch_response_group> groups;

  bool operator==(const offset_fetch_response&) const = default;
};

}  // namespace ottla
