// The IncrementalAlterConfigs API (key 44), versions 0 to 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct incremental_alter_configs_response;

struct incremental_alter_configs_request {
  static constexpr api_key api = api_key::incremental_alter_configs;
  using response = incremental_alter_configs_response;

  struct alterable_config {
    std::string name;
    /// Type (Set, Delete, Append, Subtract) of operation.
    int8_t config_operation = 0;
    /// Value to set for the configuration key.
    std::optional<std::string> value;

    bool operator==(const alterable_config&) const = default;
  };

  struct alter_configs_resource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<alterable_config> configs;

    bool operator==(const alter_configs_resource&) const = default;
  };

  std::vector<alter_configs_resource> resources;
  /// True if we should validate the request, but not change the configurations.
  bool validate_only = false;

  bool operator==(const incremental_alter_configs_request&) const = default;
};

struct incremental_alter_configs_response {
  static constexpr api_key api = api_key::incremental_alter_configs;

  struct alter_configs_resource_response {
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> error_message;
    int8_t resource_type = 0;
    std::string resource_name;

    bool operator==(const alter_configs_resource_response&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<alter_configs_resource_response> responses;

  bool operator==(const incremental_alter_configs_response&) const = default;
};

}  // namespace ottla
