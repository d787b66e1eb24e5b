// The Fetch API (key 1), versions 4 to 18.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/gather_list.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct fetch_response;

struct fetch_request {
  static constexpr api_key api = api_key::fetch;
  using response = fetch_response;

  struct fetching_replica {
    /// Replica ID of the follower, or -1 if this request is from a consumer.
    int32_t replica_id = -1;
    /// Epoch of this follower, or -1 if not available.
    int64_t replica_epoch = -1;

    bool operator==(const fetching_replica&) const = default;
  };

  struct fetch_partition {
    int32_t partition = 0;
    int32_t current_leader_epoch = -1;
    int64_t fetch_offset = 0;
    /// Epoch of the last fetched record or -1 if there is none.
    int32_t last_fetched_epoch = -1;
    /// Earliest available offset of the follower replica. The field is only used when the request
    /// is sent by the follower.
    int64_t log_start_offset = -1;
    /// Maximum bytes to fetch from this partition. See KIP-74 for cases where this limit may not be
    /// honored.
    int32_t partition_max_bytes = 0;
    uuid replica_directory_id;
    /// High-watermark known by the replica. -1 if the high-watermark is not known and
    /// 9223372036854775807 if the feature is not supported.
    int64_t high_watermark = std::numeric_limits<int64_t>::max();

    bool operator==(const fetch_partition&) const = default;
  };

  struct fetch_topic {
    std::string topic;
    uuid topic_id;
    std::vector<fetch_partition> partitions;

    bool operator==(const fetch_topic&) const = default;
  };

  struct forgotten_topic {
    std::string topic;
    uuid topic_id;
    std::vector<int32_t> partitions;

    bool operator==(const forgotten_topic&) const = default;
  };

  /// ClusterId if known. This is used to validate metadata fetches prior to broker registration.
  std::optional<std::string> cluster_id;
  /// Broker ID of the follower, of -1 if this request is from a consumer.
  int32_t replica_id = -1;
  fetching_replica replica_state;
  /// Maximum time in milliseconds to wait for the response.
  int32_t max_wait_ms = 0;
  int32_t min_bytes = 0;
  /// Maximum bytes to fetch. See KIP-74 for cases where this limit may not be honored.
  int32_t max_bytes = std::numeric_limits<int32_t>::max();
  /// This setting controls the visibility of transactional records. Using READ_UNCOMMITTED
  /// (isolation_level = 0) makes all records visible. With READ_COMMITTED (isolation_level = 1),
  /// non-transactional and COMMITTED transactional records are visible. To be more concrete,
  /// READ_COMMITTED returns all data from offsets smaller than the current LSO (last stable
  /// offset), and enables the inclusion of the list of aborted transactions in the result, which
  /// allows consumers to discard ABORTED transactional records.
  int8_t isolation_level = 0;
  int32_t session_id = 0;
  /// Fetch session epoch, which is used for ordering requests in a session.
  int32_t session_epoch = -1;
  std::vector<fetch_topic> topics;
  /// In an incremental fetch request, the partitions to remove.
  std::vector<forgotten_topic> forgotten_topics_data;
  std::string rack_id;

  bool operator==(const fetch_request&) const = default;
};

struct fetch_response {
  static constexpr api_key api = api_key::fetch;

  struct epoch_end_offset {
    int32_t epoch = -1;
    int64_t end_offset = -1;

    bool operator==(const epoch_end_offset&) const = default;
  };

  struct leader_id_and_epoch {
    /// ID of the current leader or -1 if the leader is unknown.
    int32_t leader_id = -1;
    int32_t leader_epoch = -1;

    bool operator==(const leader_id_and_epoch&) const = default;
  };

  struct snapshot_end {
    int64_t end_offset = -1;
    int32_t epoch = -1;

    bool operator==(const snapshot_end&) const = default;
  };

  struct aborted_transaction {
    /// Producer id associated with the aborted transaction.
    int64_t producer_id = 0;
    int64_t first_offset = 0;

    bool operator==(const aborted_transaction&) const = default;
  };

  struct partition_data {
    int32_t partition_index = 0;
    ottla::error_code error_code = ottla::error_code::none;
    /// Current high water mark.
    int64_t high_watermark = 0;
    /// Last stable offset (or LSO) of the partition. This is the last offset such that the state of
    /// all transactional records prior to this offset have been decided (ABORTED or COMMITTED).
    int64_t last_stable_offset = -1;
    int64_t log_start_offset = -1;
    /// In case divergence is detected based on the LastFetchedEpoch and FetchOffset in the request,
    /// this field indicates the largest epoch and its end offset such that subsequent records are
    /// known to diverge.
    epoch_end_offset diverging_epoch;
    leader_id_and_epoch current_leader;
    /// In the case of fetching an offset less than the LogStartOffset, this is the end offset and
    /// epoch that should be used in the FetchSnapshot request.
    snapshot_end snapshot_id;
    std::optional<std::vector<aborted_transaction>> aborted_transactions;
    /// Preferred read replica for the consumer to use on its next fetch request.
    int32_t preferred_read_replica = -1;
    gather_piece records;

    bool operator==(const partition_data&) const = default;
  };

  struct fetchable_topic_response {
    std::string topic;
    uuid topic_id;
    std::vector<partition_data> partitions;

    bool operator==(const fetchable_topic_response&) const = default;
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

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  /// Fetch session ID, or 0 if this is not part of a fetch session.
  int32_t session_id = 0;
  std::vector<fetchable_topic_response> responses;
  /// Endpoints for all current-leaders enumerated in PartitionData, with errors
  /// NOT_LEADER_OR_FOLLOWER & FENCED_LEADER_EPOCH.
  std::vector<node_endpoint> node_endpoints;

  bool operator==(const fetch_response&) const = default;
};

}  // namespace ottla
