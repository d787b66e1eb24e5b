// Moves of replicas between the log directories of one broker: what clients ask of the supervisor.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <string>
#include <vector>

#include "protocol/error_code.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// To the supervisor: this replica belongs into that log directory. Answered at once; the move goes
/// on in the background and does not survive a restart.
struct move_replica {
  topic_partition which;
  std::string directory;
};

/// none: it is there, or on its way. log_dir_not_found, kafka_storage_error (the directory or the
/// replica is offline), unknown_topic_or_partition, replica_not_available (not open here).
struct replica_move_begun {
  error_code error = error_code::none;
};

/// To the supervisor: which moves are under way?
struct query_moves {};

struct running_move {
  topic_partition which;
  std::string directory;  ///< Where it goes.
  int64_t size_bytes = 0;
  log_offset end_offset = 0;  ///< Everything below is copied.
};

struct running_moves {
  std::vector<running_move> moves;
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::move_replica)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::replica_move_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::query_moves)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::running_moves)
