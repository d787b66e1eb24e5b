// The records of `__consumer_offsets`, in Apache Kafka's exact key and value formats.
//
// Kafka's tools read what is written here (`kafka-dump-log --offsets-decoder`) and a log written by
// Kafka loads. Decoding trusts nothing: a log can hold any bytes. A record without a value is a
// tombstone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// A committed offset as stored (OffsetCommitValue).
struct stored_offset {
  log_offset offset = -1;
  leader_epoch epoch = no_leader_epoch;
  std::string metadata;
  timestamp_ms committed_at = no_timestamp;
  timestamp_ms expires_at = no_timestamp;  ///< Only where a client asked for its own retention.
  uuid topic_id;                           ///< Zero in records older than Kafka 4.1.

  friend bool operator==(const stored_offset&, const stored_offset&) = default;
};

struct stored_member {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  int32_t rebalance_timeout_ms = -1;
  int32_t session_timeout_ms = 0;
  shared_bytes subscription;
  shared_bytes assignment;

  friend bool operator==(const stored_member&, const stored_member&) = default;
};

/// A generation of a classic group as stored (GroupMetadataValue).
struct stored_group {
  std::string protocol_type;
  int32_t generation = 0;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  timestamp_ms state_changed_at = no_timestamp;
  std::vector<stored_member> members;

  friend bool operator==(const stored_group&, const stored_group&) = default;
};

struct offset_record_key {
  std::string group;
  std::string topic;
  partition_index partition = 0;
};
struct group_record_key {
  std::string group;
};
/// A record of a kind that this broker does not keep (KIP-848, share and streams groups).
struct foreign_record_key {
  int16_t version = 0;
};
using group_log_key = std::variant<offset_record_key, group_record_key, foreign_record_key>;

/// A record to be appended; no value means a tombstone.
struct group_log_record {
  shared_bytes key;
  std::optional<shared_bytes> value;
};

group_log_record offset_record(const offset_record_key& key, const stored_offset& value);
group_log_record offset_tombstone(const offset_record_key& key);
group_log_record group_record(const std::string& group, const stored_group& value);
group_log_record group_tombstone(const std::string& group);

outcome<group_log_key> decode_group_log_key(std::span<const std::byte> bytes);
/// Versions 0 to 4.
outcome<stored_offset> decode_offset_value(std::span<const std::byte> bytes);
/// Versions 0 to 4.
outcome<stored_group> decode_group_value(std::span<const std::byte> bytes);

}  // namespace ottla
