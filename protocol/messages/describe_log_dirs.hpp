// The DescribeLogDirs API (key 35), versions 1 to 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct describe_log_dirs_response;

struct describe_log_dirs_request {
  static constexpr api_key api = api_key::describe_log_dirs;
  using response = describe_log_dirs_response;

  struct describable_log_dir_topic {
    std::string topic;
    std::vector<int32_t> partitions;

    bool operator==(const describable_log_dir_topic&) const = default;
  };

  /// Each topic that we want to describe log directories for, or null for all topics.
  std::optional<std::vector<describable_log_dir_topic>> topics;

  bool operator==(const describe_log_dirs_request&) const = default;
};

struct describe_log_dirs_response {
  static constexpr api_key api = api_key::describe_log_dirs;

  struct describe_log_dirs_partition {
    int32_t partition_index = 0;
    /// Size of the log segments in this partition in bytes.
    int64_t partition_size = 0;
    /// Lag of the log's LEO w.r.t. partition's HW (if it is the current log for the partition) or
    /// current replica's LEO (if it is the future log for the partition).
    int64_t offset_lag = 0;
    /// True if this log is created by AlterReplicaLogDirsRequest and will replace the current log
    /// of the replica in the future.
    bool is_future_key = false;

    bool operator==(const describe_log_dirs_partition&) const = default;
  };

  struct describe_log_dirs_topic {
    std::string name;
    std::vector<describe_log_dirs_partition> partitions;

    bool operator==(const describe_log_dirs_topic&) const = default;
  };

  struct describe_log_dirs_result {
    ottla::error_code error_code = ottla::error_code::none;
    /// Absolute log directory path.
    std::string log_dir;
    std::vector<describe_log_dirs_topic> topics;
    /// Total size in bytes of the volume the log directory is in. This value does not include the
    /// size of data stored in remote storage.
    int64_t total_bytes = -1;
    /// Usable size in bytes of the volume the log directory is in. This value does not include the
    /// size of data stored in remote storage.
    int64_t usable_bytes = -1;
    /// True if this log directory is cordoned.
    bool is_cordoned = false;

    bool operator==(const describe_log_dirs_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  std::vector<describe_log_dirs_result> results;

  bool operator==(const describe_log_dirs_response&) const = default;
};

}  // namespace ottla
