// The OffsetCommit API (key 8), versions 2 to 10.
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

struct offset_commit_response;

struct offset_commit_request {
  static constexpr api_key api = api_key::offset_commit;
  using response = offset_commit_response;

  struct offset_commit_request_partition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    /// Any associated metadata the client wants to keep.
    std::optional<std::string> committed_metadata;

    bool operator==(const offset_commit_request_partition&) const = default;
  };

  struct offset_commit_request_topic {
    std::string name;
    uuid topic_id;
    std::vector<offset_commit_request_partition> partitions;

    bool operator==(const offset_commit_request_topic&) const = default;
  };

  std::string group_id;
  /// Generation of the group if using the classic group protocol or the member epoch if using the
  /// consumer protocol.
  int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  /// Unique identifier of the consumer instance provided by end user.
  std::optional<std::string> group_instance_id;
  /// Time period in ms to retain the offset.
  int64_t retention_time_ms = -1;
  std::vector<offset_commit_request_topic> topics;

  bool operator==(const offset_commit_request&) const = default;
};

struct offset_commit_response {
  static constexpr api_key api = api_key::offset_commit;

  struct offset_commit_response_partition {
    int32_t partition_index = 0;
    ottla::error_code error_code = ottla::error_code::none;

    bool operator==(const offset_commit_response_partition&) const = default;
  };

  struct offset_commit_response_topic {
    std::string name;
    uuid topic_id;
    std::vector<offset_commit_response_partition> partitions;

    bool operator==(const offset_commit_response_topic&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<offset_commit_response_topic> topics;

  bool operator==(const offset_commit_response&) const = default;
};

}  // namespace ottla
