// The LeaveGroup API (key 13), versions 0 to 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct leave_group_response;

struct leave_group_request {
  static constexpr api_key api = api_key::leave_group;
  using response = leave_group_response;

  struct member_identity {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    /// Reason why the member left the group.
    std::optional<std::string> reason;

    bool operator==(const member_identity&) const = default;
  };

  std::string group_id;
  std::string member_id;
  /// List of leaving member identities.
  std::vector<member_identity> members;

  bool operator==(const leave_group_request&) const = default;
};

struct leave_group_response {
  static constexpr api_key api = api_key::leave_group;

  struct member_response {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    ottla::error_code error_code = ottla::error_code::none;

    bool operator==(const member_response&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  /// List of leaving member responses.
  std::vector<member_response> members;

  bool operator==(const leave_group_response&) const = default;
};

}  // namespace ottla
