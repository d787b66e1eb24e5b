// The OffsetDelete API (key 47), version 0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct offset_delete_response;

struct offset_delete_request {
  static constexpr api_key api = api_key::offset_delete;
  using response = offset_delete_response;

  struct offset_delete_request_partition {
    int32_t partition_index = 0;

    bool operator==(const offset_delete_request_partition&) const = default;
  };

  struct offset_delete_request_topic {
    std::string name;
    std::vector<offset_delete_request_partition> partitions;

    bool operator==(const offset_delete_request_topic&) const = default;
  };

  std::string group_id;
  std::vector<offset_delete_request_topic> topics;

  bool operator==(const offset_delete_request&) const = default;
};

struct offset_delete_response {
  static constexpr api_key api = api_key::offset_delete;

  struct offset_delete_response_partition {
    int32_t partition_index = 0;
    ottla::error_code error_code = ottla::error_code::none;

    bool operator==(const offset_delete_response_partition&) const = default;
  };

  struct offset_delete_response_topic {
    std::string name;
    std::vector<offset_delete_response_partition> partitions;

    bool operator==(const offset_delete_response_topic&) const = default;
  };

  ottla::error_code error_code = ottla::error_code::none;
  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<offset_delete_response_topic> topics;

  bool operator==(const offset_delete_response&) const = default;
};

}  // namespace ottla
