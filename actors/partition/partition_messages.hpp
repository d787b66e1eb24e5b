// What sessions, coordinators and the supervisor say to a partition actor, and what it answers.
//
// Messages carry whole batches and file ranges, never records. An error is a value in the answer;
// only a dead partition shows as a CAF error.
#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/config/topic_config.hpp"
#include "actors/partition/replica_progress.hpp"
#include "protocol/error_code.hpp"
#include "protocol/gather_list.hpp"
#include "protocol/record_validation.hpp"
#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

inline constexpr int16_t acks_none = 0;
inline constexpr int16_t acks_leader = 1;
inline constexpr int16_t acks_all = -1;

/// Appends one batch. The log stamps offsets and epoch into it in place: the sender gives it away.
struct append_batch {
  shared_bytes batch;                            ///< Exactly one batch of magic 2.
  int16_t acks = acks_all;                       ///< -1, 0 or 1; anything else is refused earlier.
  int32_t timeout_ms = 30'000;                   ///< How long acks=-1 waits for the high watermark.
  leader_epoch current_epoch = no_leader_epoch;  ///< The sender's epoch, or -1: not checked.
  append_origin origin = append_origin::client;
  api_version produce_version = 13;  ///< Some codecs are refused to old versions.
};

/// Where the leader is, for answers that say "not here" (KIP-951).
struct leader_hint {
  broker_id leader = no_broker;
  leader_epoch epoch = no_leader_epoch;
};

struct append_result {
  error_code error = error_code::none;
  std::string message;
  std::vector<record_fault> record_faults;
  log_offset base_offset = -1;
  log_offset last_offset = -1;
  timestamp_ms log_append_time_ms = no_timestamp;  ///< -1 unless the topic uses LogAppendTime.
  log_offset log_start_offset = -1;
  leader_hint hint;  ///< Set with not_leader_or_follower.
};

enum class isolation_level : uint8_t { read_uncommitted = 0, read_committed = 1 };

/// A session that wants to hear when a partition has news for it.
struct partition_watch {
  caf::weak_actor_ptr session;  ///< Gets partition_changed.
  uint64_t watch_id = 0;        ///< Unique within the session; names the waiting request.
  int64_t below_bytes = 0;      ///< Kept only if the read returned fewer bytes than this.
};

/// Reads batches from `fetch_offset` on, below the high watermark (or last stable offset). A
/// replica reads up to the log end, and with each read says that it has what lies before.
struct read_partition {
  log_offset fetch_offset = 0;
  int32_t max_bytes = 0;
  bool at_least_one_batch = false;  ///< Return the first batch even when it exceeds max_bytes.
  isolation_level isolation = isolation_level::read_uncommitted;
  leader_epoch current_epoch = no_leader_epoch;
  leader_epoch last_fetched_epoch = no_leader_epoch;  ///< -1: no divergence check (KIP-595).
  std::optional<partition_watch> watch;
  std::optional<replica_seat> replica;  ///< The broker that has proved to be this one (F8).
  bool from_any_replica = false;        ///< A follower may answer, up to its own high watermark.
  /// Brokers nearer to the reader than the leader; null: none.
  std::shared_ptr<const std::vector<broker_id>> nearer;
};

struct epoch_end {
  leader_epoch epoch = no_leader_epoch;
  log_offset end_offset = -1;
};

struct read_result {
  error_code error = error_code::none;
  log_offset high_watermark = -1;
  log_offset last_stable_offset = -1;
  log_offset log_start_offset = -1;
  gather_piece records;  ///< Whole batches; empty when there is nothing to read.
  std::optional<epoch_end>
      diverging;  ///< Where the reader's log parts from this one; then no data.
  leader_hint hint;
  broker_id preferred_replica = no_broker;  ///< Where the reader should go instead; then no data.
};

/// Ends a watch; harmless for one that is unknown.
struct unwatch_partition {
  caf::weak_actor_ptr session;
  uint64_t watch_id = 0;
};

/// To the session: the partition has `bytes_available` from the watched offset on, or an error.
struct partition_changed {
  uint64_t watch_id = 0;
  topic_id_partition partition;
  int64_t bytes_available = 0;
  error_code error = error_code::none;
};

/// Special values of ListOffsets; any other is a time in milliseconds.
inline constexpr timestamp_ms offset_latest = -1;
inline constexpr timestamp_ms offset_earliest = -2;
inline constexpr timestamp_ms offset_of_max_timestamp = -3;
inline constexpr timestamp_ms offset_earliest_local = -4;
inline constexpr timestamp_ms offset_latest_tiered = -5;
inline constexpr timestamp_ms offset_earliest_pending_upload = -6;

struct query_offset {
  timestamp_ms timestamp = offset_latest;
  isolation_level isolation = isolation_level::read_uncommitted;
  leader_epoch current_epoch = no_leader_epoch;
};

struct offset_result {
  error_code error = error_code::none;
  timestamp_ms timestamp = no_timestamp;
  log_offset offset = -1;
  leader_epoch epoch = no_leader_epoch;
};

/// Where the log of `epoch` ends: the largest known epoch not above it (KIP-101, 279, 320).
struct query_epoch_end {
  leader_epoch epoch = 0;
  leader_epoch current_epoch = no_leader_epoch;
};

struct epoch_end_result {
  error_code error = error_code::none;
  epoch_end end;
};

/// Raises the log start to `before_offset`; -1 means the high watermark (KIP-107).
struct delete_records_before {
  log_offset before_offset = -1;
};

struct delete_records_result {
  error_code error = error_code::none;
  log_offset low_watermark = -1;
};

struct query_producers {};

struct producer_description {
  producer_id id = no_producer_id;
  int32_t epoch = -1;
  int32_t last_sequence = -1;
  timestamp_ms last_timestamp = no_timestamp;
  int32_t coordinator_epoch = -1;
  log_offset transaction_start_offset = -1;
};

struct producers_result {
  error_code error = error_code::none;
  std::vector<producer_description> producers;
};

/// Facts for DescribeLogDirs, metrics and people.
struct query_partition {
  bool for_checkpoint = false;  ///< Asked by the supervisor, which saves the answer.
};

/// What has gone in and out since this actor began; of the leader's part only what clients sent.
struct partition_traffic {
  int64_t appended_bytes = 0;
  int64_t appended_records = 0;
  int64_t read_bytes = 0;        ///< By consumers.
  int64_t replicated_bytes = 0;  ///< Read by followers.
};

struct partition_description {
  topic_partition which;
  uuid topic_id;
  std::string log_directory;
  leader_epoch epoch = no_leader_epoch;
  bool is_leader = false;
  log_offset log_start_offset = 0;
  log_offset high_watermark = 0;
  log_offset log_end_offset = 0;
  log_offset flushed_offset = 0;
  int64_t size_bytes = 0;
  int32_t segments = 0;
  partition_traffic traffic;
};

/// What a replica is for now. Offline: there is no leader, or it is an earlier life of this broker.
enum class partition_role : uint8_t { offline, leader, follower };

/// From the supervisor: what the metadata image says of this replica. Applied when its epochs or
/// configuration are newer.
struct partition_assignment {
  partition_role role = partition_role::offline;
  broker_id leader = no_broker;
  leader_epoch epoch = no_leader_epoch;
  replica_seats seats;
  bool recovering = false;  ///< The leader may lack acknowledged records: followers cut back to it.
  topic_config config;
  durability level = durability::fsync;
  int64_t lag_time_max_ms = 10'000;

  [[nodiscard]] bool leads() const { return role == partition_role::leader; }
};

/// From a fetcher: where to begin under the leadership `epoch`. Answered when all before it counts,
/// which at level fsync is when it is on the disk.
struct begin_following {
  leader_epoch epoch = no_leader_epoch;
};

/// From a fetcher: what the leader answered to a fetch from `fetch_offset` on, after a batch of
/// `last_fetched_epoch`.
struct apply_fetched {
  leader_epoch epoch = no_leader_epoch;  ///< Of the leadership that was asked.
  log_offset fetch_offset = 0;
  leader_epoch last_fetched_epoch = no_leader_epoch;
  error_code error = error_code::none;
  shared_bytes records;  ///< Whole batches, as the leader has them.
  std::optional<epoch_end> diverging;
  log_offset leader_high_watermark = -1;
  log_offset leader_log_start = -1;
};

/// Where a follower goes on.
struct follower_position {
  /// none: fetch from here. fenced_leader_epoch: this leadership is over. Others: later.
  error_code error = error_code::none;
  log_offset fetch_offset = 0;
  leader_epoch last_fetched_epoch = no_leader_epoch;
  log_offset log_start_offset = 0;
  log_offset high_watermark = 0;
};

/// From a leading partition: the ISR that it wishes for.
struct propose_isr {
  topic_id_partition which;
  isr_proposal proposal;
};

/// The record as committed, or why it was not.
struct isr_proposed {
  std::optional<replica_seats> committed;
  isr_refusal refusal = isr_refusal::unknown;
};

/// Time for retention and expiry.
struct maintain_partition {};

/// The topic is deleted or the broker stops: answer what waits, bring the log to rest.
struct close_partition {};

struct partition_closed {
  bool is_clean = false;        ///< Everything is on disk.
  partition_description facts;  ///< As they were at the end.
};

/// The log moves to another directory: bring it to rest and let go of it. What comes from now on
/// waits for resume_partition. Answered like close_partition.
struct rest_partition {};

/// To the supervisor: the actor of a partition that this broker should have, once it is open.
struct find_partition {
  topic_id_partition which;
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::append_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::append_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::read_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::read_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::unwatch_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::partition_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::query_offset)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::offset_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::query_epoch_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::epoch_end_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::delete_records_before)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::delete_records_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::query_producers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::producers_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::query_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::partition_description)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::partition_assignment)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::begin_following)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::apply_fetched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::follower_position)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::propose_isr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::isr_proposed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::maintain_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::close_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::rest_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::partition_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::find_partition)
