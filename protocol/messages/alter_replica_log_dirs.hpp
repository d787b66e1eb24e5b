// The AlterReplicaLogDirs API (key 34), versions 1 to 2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct alter_replica_log_dirs_response;

struct alter_replica_log_dirs_request {
  static constexpr api_key api = api_key::alter_replica_log_dirs;
  using response = alter_replica_log_dirs_response;

  struct alter_replica_log_dir_topic {
    std::string name;
    std::vector<int32_t> partitions;

    bool operator==(const alter_replica_log_dir_topic&) const = default;
  };

  struct alter_replica_log_dir {
    std::string path;
    std::vector<alter_replica_log_dir_topic> topics;

    bool operator==(const alter_replica_log_dir&) const = default;
  };

  /// Alterations to make for each directory.
  std::vector<alter_replica_log_dir> dirs;

  bool operator==(const alter_replica_log_dirs_request&) const = default;
};

struct alter_replica_log_dirs_response {
  static constexpr api_key api = api_key::alter_replica_log_dirs;

  struct alter_replica_log_dir_partition_result {
    int32_t partition_index = 0;
    ottla::error_code error_code = ottla::error_code::none;

    bool operator==(const alter_replica_log_dir_partition_result&) const = default;
  };

  struct alter_replica_log_dir_topic_result {
    std::string topic_name;
    std::vector<alter_replica_log_dir_partition_result> partitions;

    bool operator==(const alter_replica_log_dir_topic_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  std::vector<alter_replica_log_dir_topic_result> results;

  bool operator==(const alter_replica_log_dirs_response&) const = default;
};

}  // namespace ottla
