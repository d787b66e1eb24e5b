// What a partition says to its log actor, and what disk actors report back to it.
//
// The log actor is the only owner of a partition's log end offset, producer state and files.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/config/topic_config.hpp"
#include "actors/partition/partition_messages.hpp"
#include "protocol/outcome.hpp"
#include "storage/producer_state.hpp"

namespace ottla {

/// Validates, stamps and writes one batch under leader epoch `epoch`.
struct log_append {
  append_batch request;
  leader_epoch epoch = 0;
};

/// Every answer to an append carries where the log ends and how far it is on disk.
struct log_appended {
  append_result result;
  log_offset log_end_offset = 0;
  log_offset flushed_offset = 0;
  int64_t appended_bytes = 0;
  leader_epoch latest_epoch = no_leader_epoch;  ///< With log_append_fetched.
};

struct log_read {
  log_offset from = 0;
  int64_t max_bytes = 0;
  log_offset upper_bound = 0;  ///< Only batches that end below it.
  bool at_least_one_batch = false;
  leader_epoch last_fetched_epoch = no_leader_epoch;  ///< -1: no divergence check.
  /// What reaches above it is copied: a cut may take it away before it has been sent.
  log_offset copy_above = INT64_MAX;
};

struct log_read_result {
  error_code error = error_code::none;
  gather_piece records;
  log_offset log_start_offset = 0;
  std::optional<epoch_end> diverging;  ///< Where the reader's log parts from this one.
};

/// First record at or after `timestamp`; offset_of_max_timestamp asks for the newest record.
struct log_find_timestamp {
  timestamp_ms timestamp = 0;
};

struct log_offset_found {
  error_code error = error_code::none;
  timestamp_ms timestamp = no_timestamp;
  log_offset offset = -1;
  leader_epoch epoch = no_leader_epoch;
};

/// Largest known epoch not above `epoch`, and where it ends.
struct log_find_epoch {
  leader_epoch epoch = 0;
};

/// The epoch that `offset` was written in: for answers that name an offset.
struct log_epoch_of {
  log_offset offset = 0;
};

struct log_advance_start {
  log_offset offset = 0;
};

/// The replica leads from here on: the epoch begins at the log end. Answered with log_facts.
struct log_begin_epoch {
  leader_epoch epoch = 0;
};

/// The replica follows: its epochs are those of its batches. Answered with log_facts.
struct log_follow {};

/// From the partition: it has refused this batch without asking the log, and its producer will send
/// it again. What the producer has sent behind it must not overtake it.
struct log_refused {
  shared_bytes batch;
};

/// Appends what the leader sent, as it is.
struct log_append_fetched {
  shared_bytes batches;
};

/// Cuts the log where it parts from the leader's; refused (with nothing done) below `keep_below`.
struct log_truncate {
  epoch_end leader_end;
  log_offset keep_below = 0;
};

/// Drops everything: the leader's log begins at `offset`.
struct log_restart_at {
  log_offset offset = 0;
};

/// To the supervisor: this partition has something to save. Said once between two checkpoints, and
/// whenever records are deleted.
struct log_progressed {
  topic_id_partition which;
  log_offset log_start_offset = 0;
};

struct log_query_producers {};
struct log_query_facts {
  bool for_checkpoint = false;  ///< The answer is saved: say log_progressed again after it.
};

/// Numbers of a log at one moment.
struct log_facts {
  error_code error = error_code::none;
  log_offset log_start_offset = 0;
  log_offset log_end_offset = 0;
  log_offset flushed_offset = 0;
  leader_epoch latest_epoch = no_leader_epoch;
  int64_t size_bytes = 0;
  int32_t segments = 0;
  std::string directory;  ///< The log directory, which the partition's own is in.
  /// At the end of a log: what its next life has to know. Null: nothing.
  std::shared_ptr<const refused_batches> refused;
};

/// New settings of the topic.
struct log_configure {
  topic_config config;
  durability level = durability::fsync;
};

/// Time for retention and expiry. `high_watermark`: nothing at or above it may go.
struct log_maintain {
  log_offset high_watermark = 0;
};

/// Flush, write the snapshot and close; the answer comes when the log is at rest.
struct log_close {};

/// To the partition: the log is on disk below `offset`.
struct log_flushed {
  log_offset offset = 0;
};

/// To the partition: records below `log_start_offset` are gone.
struct log_start_moved {
  log_offset log_start_offset = 0;
};

/// To the partition: the disk failed; the log accepts nothing any more.
struct log_failed {
  fault why;
};

/// To the supervisor: nothing in this directory can be trusted to reach the disk any more.
struct directory_failed {
  std::string path;
  fault why;
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_append)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_appended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_read_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_find_timestamp)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_offset_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_find_epoch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_epoch_of)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_advance_start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_query_producers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_query_facts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_facts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_configure)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_maintain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_begin_epoch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_follow)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_refused)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_append_fetched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_truncate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_restart_at)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_close)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_flushed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_start_moved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::directory_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_progressed)
