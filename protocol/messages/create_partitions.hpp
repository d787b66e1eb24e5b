// The CreatePartitions API (key 37), versions 0 to 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct create_partitions_response;

struct create_partitions_request {
  static constexpr api_key api = api_key::create_partitions;
  using response = create_partitions_response;

  struct create_partitions_assignment {
    std::vector<int32_t> broker_ids;

    bool operator==(const create_partitions_assignment&) const = default;
  };

  struct create_partitions_topic {
    std::string name;
    int32_t count = 0;
    std::optional<std::vector<create_partitions_assignment>> assignments;

    bool operator==(const create_partitions_topic&) const = default;
  };

  /// Each topic that we want to create new partitions inside.
  std::vector<create_partitions_topic> topics;
  /// Time in ms to wait for the partitions to be created.
  int32_t timeout_ms = 0;
  /// If true, then validate the request, but don't actually increase the number of partitions.
  bool validate_only = false;

  bool operator==(const create_partitions_request&) const = default;
};

struct create_partitions_response {
  static constexpr api_key api = api_key::create_partitions;

  struct create_partitions_topic_result {
    std::string name;
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> error_message;

    bool operator==(const create_partitions_topic_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<create_partitions_topic_result> results;

  bool operator==(const create_partitions_response&) const = default;
};

}  // namespace ottla
