// Work that may block, for the disk actors of a log directory: each is a thread of its own.
//
// A disk actor never touches a log's state: it runs a job on shared file handles and reports.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <optional>
#include <string>

#include "protocol/gather_list.hpp"
#include "protocol/outcome.hpp"
#include "storage/partition_log.hpp"

namespace ottla {

/// Opens or creates a log and repairs what the last run left.
struct open_log {
  std::string directory;
  log_options options;
  recovery_context context;
  uuid topic_id;
};

/// A log ready to be owned by a log actor, or why there is none.
struct opened_log {
  std::shared_ptr<partition_log> log;
  std::optional<fault> failure;
};

struct run_flush {
  flush_job job;
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
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::open_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::opened_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::run_flush)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::run_removal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::run_read_ahead)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::disk_done)
