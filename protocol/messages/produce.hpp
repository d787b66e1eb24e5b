// The Produce API (key 0), versions 3 to 13.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct produce_response;

struct produce_request {
  static constexpr api_key api = api_key::produce;
  using response = produce_response;

  struct partition_produce_data {
    int32_t index = 0;
    shared_bytes records;

    bool operator==(const partition_produce_data&) const = default;
  };

  struct topic_produce_data {
    std::string name;
    uuid topic_id;
    std::vector<partition_produce_data> partition_data;

    bool operator==(const topic_produce_data&) const = default;
  };

  std::optional<std::string> transactional_id;
  /// Number of acknowledgments the producer requires the leader to have received before considering
  /// a request complete. Allowed values: 0 for no acknowledgments, 1 for only the leader and -1 for
  /// the full ISR.
  int16_t acks = 0;
  int32_t timeout_ms = 0;
  std::vector<topic_produce_data> topic_data;

  bool operator==(const produce_request&) const = default;
};

struct produce_response {
  static constexpr api_key api = api_key::produce;

  struct batch_index_and_error_message {
    /// Batch index of the record that caused the batch to be dropped.
    int32_t batch_index = 0;
    /// Error message of the record that caused the batch to be dropped.
    std::optional<std::string> batch_index_error_message;

    bool operator==(const batch_index_and_error_message&) const = default;
  };

  struct leader_id_and_epoch {
    /// ID of the current leader or -1 if the leader is unknown.
    int32_t leader_id = -1;
    int32_t leader_epoch = -1;

    bool operator==(const leader_id_and_epoch&) const = default;
  };

  struct partition_produce_response {
    int32_t index = 0;
    ottla::error_code error_code = ottla::error_code::none;
    int64_t base_offset = 0;
    /// Timestamp returned by broker after appending the messages. If CreateTime is used for the
    /// topic, the timestamp will be -1. If LogAppendTime is used for the topic, the timestamp will
    /// be the broker local time when the messages are appended.
    int64_t log_append_time_ms = -1;
    int64_t log_start_offset = -1;
    /// Batch indices of records that caused the batch to be dropped.
    std::vector<batch_index_and_error_message> record_errors;
    /// Global error message summarizing the common root cause of the records that caused the batch
    /// to be dropped.
    std::optional<std::string> error_message;
    /// Leader broker that the producer should use for future requests.
    leader_id_and_epoch current_leader;

    bool operator==(const partition_produce_response&) const = default;
  };

  struct topic_produce_response {
    std::string name;
    uuid topic_id;
    std::vector<partition_produce_response> partition_responses;

    bool operator==(const topic_produce_response&) const = default;
  };

  struct node_endpoint {
    int32_t node_id = 0;
    /// Node's hostname.
    std::string host;
    int32_t port = 0;
    /// Rack of the node, or null if it has not been assigned to a rack.
    std::optional<std::string> rack;

    bool operator==(const node_endpoint&) const = default;
  };

  std::vector<topic_produce_response> responses;
  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  /// Endpoints for all current-leaders enumerated in PartitionProduceResponses, with errors
  /// NOT_LEADER_OR_FOLLOWER.
  std::vector<node_endpoint> node_endpoints;

  bool operator==(const produce_response&) const = default;
};

}  // namespace ottla
