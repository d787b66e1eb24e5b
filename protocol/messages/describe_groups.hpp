// The DescribeGroups API (key 15), versions 0 to 6.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

struct describe_groups_response;

struct describe_groups_request {
  static constexpr api_key api = api_key::describe_groups;
  using response = describe_groups_response;

  std::vector<std::string> groups;
  bool include_authorized_operations = false;

  bool operator==(const describe_groups_request&) const = default;
};

struct describe_groups_response {
  static constexpr api_key api = api_key::describe_groups;

  struct described_group_member {
    std::string member_id;
    /// Unique identifier of the consumer instance provided by end user.
    std::optional<std::string> group_instance_id;
    /// Client ID used in the member's latest join group request.
    std::string client_id;
    std::string client_host;
    /// Metadata corresponding to the current group protocol in use.
    shared_bytes member_metadata;
    /// Current assignment provided by the group leader.
    shared_bytes member_assignment;

    bool operator==(const described_group_member&) const = default;
  };

  struct described_group {
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> error_message;
    std::string group_id;
    /// Group state string, or the empty string.
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<described_group_member> members;
    /// 32-bit bitfield to represent authorized operations for this group.
    int32_t authorized_operations = std::numeric_limits<int32_t>::min();

    bool operator==(const described_group&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<described_group> groups;

  bool operator==(const describe_groups_response&) const = default;
};

}  // namespace ottla
