// The Heartbeat API (key 12), versions 0 to 4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct heartbeat_response;

struct heartbeat_request {
  static constexpr api_key api = api_key::heartbeat;
  using response = heartbeat_response;

  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  /// Unique identifier of the consumer instance provided by end user.
  std::optional<std::string> group_instance_id;

  bool operator==(const heartbeat_request&) const = default;
};

struct heartbeat_response {
  static constexpr api_key api = api_key::heartbeat;

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;

  bool operator==(const heartbeat_response&) const = default;
};

}  // namespace ottla
