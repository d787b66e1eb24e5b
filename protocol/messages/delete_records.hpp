// The DeleteRecords API (key 21), versions 0 to 2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct delete_records_response;

struct delete_records_request {
  static constexpr api_key api = api_key::delete_records;
  using response = delete_records_response;

  struct delete_records_partition {
    int32_t partition_index = 0;
    /// Deletion offset. -1 means that records should be truncated to the high watermark.
    int64_t offset = 0;

    bool operator==(const delete_records_partition&) const = default;
  };

  struct delete_records_topic {
    std::string name;
    /// Each partition that we want to delete records from.
    std::vector<delete_records_partition> partitions;

    bool operator==(const delete_records_topic&) const = default;
  };

  /// Each topic that we want to delete records from.
  std::vector<delete_records_topic> topics;
  /// How long to wait for the deletion to complete, in milliseconds.
  int32_t timeout_ms = 0;

  bool operator==(const delete_records_request&) const = default;
};

struct delete_records_response {
  static constexpr api_key api = api_key::delete_records;

  struct delete_records_partition_result {
    int32_t partition_index = 0;
    int64_t low_watermark = 0;
    /// Deletion error code, or 0 if the deletion succeeded.
    ottla::error_code error_code = ottla::error_code::none;

    bool operator==(const delete_records_partition_result&) const = default;
  };

  struct delete_records_topic_result {
    std::string name;
    /// Each partition that we wanted to delete records from.
    std::vector<delete_records_partition_result> partitions;

    bool operator==(const delete_records_topic_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  /// Each topic that we wanted to delete records from.
  std::vector<delete_records_topic_result> topics;

  bool operator==(const delete_records_response&) const = default;
};

}  // namespace ottla
