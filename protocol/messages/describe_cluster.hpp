// The DescribeCluster API (key 60), versions 0 to 2.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct describe_cluster_response;

struct describe_cluster_request {
  static constexpr api_key api = api_key::describe_cluster;
  using response = describe_cluster_response;

  bool include_cluster_authorized_operations = false;
  /// Endpoint type to describe. 1=brokers, 2=controllers.
  int8_t endpoint_type = 1;
  bool include_fenced_brokers = false;

  bool operator==(const describe_cluster_request&) const = default;
};

struct describe_cluster_response {
  static constexpr api_key api = api_key::describe_cluster;

  struct describe_cluster_broker {
    int32_t broker_id = 0;
    std::string host;
    int32_t port = 0;
    /// Rack of the broker, or null if it has not been assigned to a rack.
    std::optional<std::string> rack;
    bool is_fenced = false;

    bool operator==(const describe_cluster_broker&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  /// Top-level error message, or null if there was no error.
  std::optional<std::string> error_message;
  /// Endpoint type that was described. 1=brokers, 2=controllers.
  int8_t endpoint_type = 1;
  /// Cluster ID that responding broker belongs to.
  std::string cluster_id;
  /// ID of the controller. When handled by a controller, returns the current voter leader ID. When
  /// handled by a broker, returns a random alive broker ID as a fallback.
  int32_t controller_id = -1;
  std::vector<describe_cluster_broker> brokers;
  /// 32-bit bitfield to represent authorized operations for this cluster.
  int32_t cluster_authorized_operations = std::numeric_limits<int32_t>::min();

  bool operator==(const describe_cluster_response&) const = default;
};

}  // namespace ottla
