// The DeleteGroups API (key 42), versions 0 to 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct delete_groups_response;

struct delete_groups_request {
  static constexpr api_key api = api_key::delete_groups;
  using response = delete_groups_response;

  std::vector<std::string> groups_names;

  bool operator==(const delete_groups_request&) const = default;
};

struct delete_groups_response {
  static constexpr api_key api = api_key::delete_groups;

  struct deletable_group_result {
    std::string group_id;
    /// Deletion error, or 0 if the deletion succeeded.
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> error_message;

    bool operator==(const deletable_group_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<deletable_group_result> results;

  bool operator==(const delete_groups_response&) const = default;
};

}  // namespace ottla
