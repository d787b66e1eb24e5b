// The FindCoordinator API (key 10), versions 0 to 6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct find_coordinator_response;

struct find_coordinator_request {
  static constexpr api_key api = api_key::find_coordinator;
  using response = find_coordinator_response;

  std::string key;
  /// Coordinator key type. (group, transaction, share).
  int8_t key_type = 0;
  std::vector<std::string> coordinator_keys;

  bool operator==(const find_coordinator_request&) const = default;
};

struct find_coordinator_response {
  static constexpr api_key api = api_key::find_coordinator;

  struct coordinator {
    std::string key;
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> error_message;

    bool operator==(const coordinator&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  std::optional<std::string> error_message;
  int32_t node_id = 0;
  std::string host;
  int32_t port = 0;
  std::vector<coordinator> coordinators;

  bool operator==(const find_coordinator_response&) const = default;
};

}  // namespace ottla
