// The SyncGroup API (key 14), versions 0 to 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

struct sync_group_response;

struct sync_group_request {
  static constexpr api_key api = api_key::sync_group;
  using response = sync_group_response;

  struct sync_group_request_assignment {
    std::string member_id;
    shared_bytes assignment;

    bool operator==(const sync_group_request_assignment&) const = default;
  };

  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  /// Unique identifier of the consumer instance provided by end user.
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<sync_group_request_assignment> assignments;

  bool operator==(const sync_group_request&) const = default;
};

struct sync_group_response {
  static constexpr api_key api = api_key::sync_group;

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  shared_bytes assignment;

  bool operator==(const sync_group_response&) const = default;
};

}  // namespace ottla
