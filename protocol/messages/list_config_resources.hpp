// The ListConfigResources API (key 74), versions 0 to 1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct list_config_resources_response;

struct list_config_resources_request {
  static constexpr api_key api = api_key::list_config_resources;
  using response = list_config_resources_response;

  /// List of resource type. If the list is empty, it uses default supported config resource types.
  std::vector<int8_t> resource_types;

  bool operator==(const list_config_resources_request&) const = default;
};

struct list_config_resources_response {
  static constexpr api_key api = api_key::list_config_resources;

  struct config_resource {
    std::string resource_name;
    int8_t resource_type = 16;

    bool operator==(const config_resource&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  std::vector<config_resource> config_resources;

  bool operator==(const list_config_resources_response&) const = default;
};

}  // namespace ottla
