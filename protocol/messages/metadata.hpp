// The Metadata API (key 3), versions 0 to 13.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct metadata_response;

struct metadata_request {
  static constexpr api_key api = api_key::metadata;
  using response = metadata_response;

  struct metadata_request_topic {
    uuid topic_id;
    std::optional<std::string> name;

    bool operator==(const metadata_request_topic&) const = default;
  };

  std::optional<std::vector<metadata_request_topic>> topics;
  /// If this is true, the broker may auto-create topics that we requested which do not already
  /// exist, if it is configured to do so.
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  bool operator==(const metadata_request&) const = default;
};

struct metadata_response {
  static constexpr api_key api = api_key::metadata;

  struct metadata_response_broker {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    /// Rack of the broker, or null if it has not been assigned to a rack.
    std::optional<std::string> rack;

    bool operator==(const metadata_response_broker&) const = default;
  };

  struct metadata_response_partition {
    ottla::error_code error_code = ottla::error_code::none;
    int32_t partition_index = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = -1;
    /// Set of all nodes that host this partition.
    std::vector<int32_t> replica_nodes;
    /// Set of nodes that are in sync with the leader for this partition.
    std::vector<int32_t> isr_nodes;
    std::vector<int32_t> offline_replicas;

    bool operator==(const metadata_response_partition&) const = default;
  };

  struct metadata_response_topic {
    ottla::error_code error_code = ottla::error_code::none;
    /// Topic name. Null for non-existing topics queried by ID. This is never null when ErrorCode is
    /// zero. One of Name and TopicId is always populated.
    std::optional<std::string> name;
    /// Topic id. Zero for non-existing topics queried by name. This is never zero when ErrorCode is
    /// zero. One of Name and TopicId is always populated.
    uuid topic_id;
    bool is_internal = false;
    std::vector<metadata_response_partition> partitions;
    /// 32-bit bitfield to represent authorized operations for this topic.
    int32_t topic_authorized_operations = std::numeric_limits<int32_t>::min();

    bool operator==(const metadata_response_topic&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  /// A list of brokers present in the cluster.
  std::vector<metadata_response_broker> brokers;
  /// Cluster ID that responding broker belongs to.
  std::optional<std::string> cluster_id;
  int32_t controller_id = -1;
  std::vector<metadata_response_topic> topics;
  /// 32-bit bitfield to represent authorized operations for this cluster.
  int32_t cluster_authorized_operations = std::numeric_limits<int32_t>::min();
  ottla::error_code error_code = ottla::error_code::none;

  bool operator==(const metadata_response&) const = default;
};

}  // namespace ottla
