// Work that may block, for the disk actors of a log directory: each is a thread of its own.
//
// A disk actor never touches a log that is in use: it runs a job on shared file handles and
// reports.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "actors/config/topic_config.hpp"
#include "protocol/outcome.hpp"
#include "storage/log_directory.hpp"
#include "storage/partition_log.hpp"
#include "storage/replica_copy.hpp"

namespace ottla {

/// A partition that this broker should have in a directory.
struct partition_to_open {
  topic_partition which;
  uuid topic_id;
  log_options options;
  durability level = durability::relaxed;
  /// In this run before: what the last one left behind says nothing of it any more.
  bool is_again = false;
  log_offset log_start_offset = 0;  ///< At least; what deleted records in this run.
};

/// To the directory's owner: find or make the directories of these partitions.
struct prepare_partitions {
  std::vector<partition_to_open> wanted;
};

/// One log that can be opened on any thread: recovery may take its time.
struct open_log {
  partition_to_open wanted;
  std::string path;
  recovery_context context;
  std::optional<fault> failure;   ///< There is no directory to open.
  log_offset high_watermark = 0;  ///< As last saved.
};

struct prepared_partitions {
  std::vector<open_log> jobs;  ///< In the order of `wanted`.
};

/// To a worker: opens logs and repairs what the last run left.
struct open_logs {
  std::vector<open_log> jobs;
};

/// A log ready to be owned by a log actor, or why there is none.
struct opened_log {
  partition_to_open wanted;
  std::shared_ptr<partition_log> log;
  std::optional<fault> failure;
  log_offset high_watermark = 0;  ///< As last saved.
};

struct opened_logs {
  std::vector<opened_log> logs;
};

struct run_flush {
  flush_job job;
};

/// Brings a log to rest. Its owner leaves it alone until the answer.
struct run_close {
  std::shared_ptr<partition_log> log;
};

struct run_removal {
  removal_job job;
};

/// Reads a cold range into the page cache, so that the sender does not wait for the disk.
struct run_read_ahead {
  std::shared_ptr<const file> source;
  int64_t position = 0;
  int64_t length = 0;
};

/// How a job ended.
struct disk_done {
  std::optional<fault> failure;

  static disk_done of(outcome<void> result) {
    if (result) return {};
    return {std::move(result.error())};
  }
};

/// To the directory's owner: what a restart should know of these partitions. Others keep theirs.
struct save_checkpoints {
  offset_checkpoint recovery_points;
  offset_checkpoint log_starts;
  offset_checkpoint high_watermarks;
  offset_checkpoint clean_points;
};

/// To the directory's owner: takes a deleted partition out of the way at once and removes it.
struct remove_partition {
  topic_partition which;
  uuid topic_id;
  std::stop_token stop{};  ///< Leaves it to the next start.
};

/// To the directory's owner: make an empty `-future` directory for a replica that moves here.
struct begin_future {
  topic_partition which;
};

struct future_begun {
  std::string path;  ///< Of the new directory.
  std::optional<fault> failure;
};

/// To a worker: copies some more.
struct run_copy_step {
  std::shared_ptr<replica_copy> copy;
};

struct copy_progress {
  replica_copy::progress done;
  std::optional<fault> failure;
};

/// To a worker: the log is closed, copies the rest.
struct run_copy_end {
  std::shared_ptr<replica_copy> copy;
};

/// To the directory's owner: the whole copy at `path` is the partition's log from now on.
struct install_future {
  topic_partition which;
  uuid topic_id;
  std::string path;
  save_checkpoints checkpoints;
};

/// To the directory's owner: the copy at `path` is not needed.
struct drop_future {
  std::string path;
};

/// To the directory's owner: the partition lives in another directory now. Its old data is set
/// aside; sweep_leftovers removes it.
struct release_partition {
  topic_partition which;
  uuid topic_id;
};

/// To the directory's owner: remove what was set aside to be deleted.
struct sweep_leftovers {};

/// To the directory's owner: another directory had a storage error; remember it for the next start.
struct note_storage_error {
  uuid directory_id;
};

/// To the directory's owner: every log of these directories was recovered.
struct forget_storage_errors {
  std::vector<uuid> recovered;
};

/// To the directory's owner, last of all: every log is closed and every checkpoint written.
struct mark_clean {
  int64_t broker_epoch = 0;
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::prepare_partitions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::prepared_partitions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::open_logs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::opened_logs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::run_flush)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::run_close)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::run_removal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::run_read_ahead)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::disk_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::save_checkpoints)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::remove_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::begin_future)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::future_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::run_copy_step)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::copy_progress)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::run_copy_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::install_future)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::drop_future)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::release_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::sweep_leftovers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::note_storage_error)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::forget_storage_errors)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::mark_clean)
