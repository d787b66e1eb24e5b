// The ListGroups API (key 16), versions 0 to 5.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct list_groups_response;

struct list_groups_request {
  static constexpr api_key api = api_key::list_groups;
  using response = list_groups_response;

  /// States of the groups we want to list. If empty, all groups are returned with their state.
  std::vector<std::string> states_filter;
  /// Types of the groups we want to list. If empty, all groups are returned with their type.
  std::vector<std::string> types_filter;

  bool operator==(const list_groups_request&) const = default;
};

struct list_groups_response {
  static constexpr api_key api = api_key::list_groups;

  struct listed_group {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;

    bool operator==(const listed_group&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  std::vector<listed_group> groups;

  bool operator==(const list_groups_response&) const = default;
};

}  // namespace ottla
