// The JoinGroup API (key 11), versions 0 to 9.
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

struct join_group_response;

struct join_group_request {
  static constexpr api_key api = api_key::join_group;
  using response = join_group_response;

  struct join_group_request_protocol {
    std::string name;
    shared_bytes metadata;

    bool operator==(const join_group_request_protocol&) const = default;
  };

  std::string group_id;
  /// Coordinator considers the consumer dead if it receives no heartbeat after this timeout in
  /// milliseconds.
  int32_t session_timeout_ms = 0;
  /// Maximum time in milliseconds that the coordinator will wait for each member to rejoin when
  /// rebalancing the group.
  int32_t rebalance_timeout_ms = -1;
  std::string member_id;
  /// Unique identifier of the consumer instance provided by end user.
  std::optional<std::string> group_instance_id;
  /// Unique name the for class of protocols implemented by the group we want to join.
  std::string protocol_type;
  /// List of protocols that the member supports.
  std::vector<join_group_request_protocol> protocols;
  /// Reason why the member (re-)joins the group.
  std::optional<std::string> reason;

  bool operator==(const join_group_request&) const = default;
};

struct join_group_response {
  static constexpr api_key api = api_key::join_group;

  struct join_group_response_member {
    std::string member_id;
    /// Unique identifier of the consumer instance provided by end user.
    std::optional<std::string> group_instance_id;
    shared_bytes metadata;

    bool operator==(const join_group_response_member&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string leader;
  /// True if the leader must skip running the assignment.
  bool skip_assignment = false;
  std::string member_id;
  std::vector<join_group_response_member> members;

  bool operator==(const join_group_response&) const = default;
};

}  // namespace ottla
