// The DescribeConfigs API (key 32), versions 1 to 4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct describe_configs_response;

struct describe_configs_request {
  static constexpr api_key api = api_key::describe_configs;
  using response = describe_configs_response;

  struct describe_configs_resource {
    int8_t resource_type = 0;
    std::string resource_name;
    /// Configuration keys to list, or null to list all configuration keys.
    std::optional<std::vector<std::string>> configuration_keys;

    bool operator==(const describe_configs_resource&) const = default;
  };

  /// Resources whose configurations we want to describe.
  std::vector<describe_configs_resource> resources;
  /// True if we should include all synonyms.
  bool include_synonyms = false;
  /// True if we should include configuration documentation.
  bool include_documentation = false;

  bool operator==(const describe_configs_request&) const = default;
};

struct describe_configs_response {
  static constexpr api_key api = api_key::describe_configs;

  struct describe_configs_synonym {
    std::string name;
    std::optional<std::string> value;
    int8_t source = 0;

    bool operator==(const describe_configs_synonym&) const = default;
  };

  struct describe_configs_resource_result {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    int8_t config_source = -1;
    bool is_sensitive = false;
    std::vector<describe_configs_synonym> synonyms;
    /// Configuration data type. Type can be one of the following values - BOOLEAN, STRING, INT,
    /// SHORT, LONG, DOUBLE, LIST, CLASS, PASSWORD.
    int8_t config_type = 0;
    std::optional<std::string> documentation;

    bool operator==(const describe_configs_resource_result&) const = default;
  };

  struct describe_configs_result {
    /// Error code, or 0 if we were able to successfully describe the configurations.
    ottla::error_code error_code = ottla::error_code::none;
    /// Error message, or null if we were able to successfully describe the configurations.
    std::optional<std::string> error_message;
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<describe_configs_resource_result> configs;

    bool operator==(const describe_configs_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<describe_configs_result> results;

  bool operator==(const describe_configs_response&) const = default;
};

}  // namespace ottla
