// What the supervisor is told by the process that owns it.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <optional>
#include <string>

#include "protocol/outcome.hpp"
#include "storage/metadata/cluster_records.hpp"

namespace ottla {

/// Registers the broker and brings its partitions up; answered when it is unfenced and serves.
struct start_broker {
  broker_registration registration;
  uuid previous_incarnation;  ///< Of the run before this one, if it did not end cleanly.
};

struct broker_started {
  std::optional<fault> failure;
};

/// In a cluster, before stop_broker: others are to lead what this broker leads. Answered when they
/// do, or when nobody has taken over in time.
struct hand_over_leaderships {
  int64_t patience_ms = 0;
};

struct leaderships_handed_over {
  size_t kept = 0;  ///< Partitions still led here that somebody else has in sync.
};

/// Closes every partition, writes the checkpoints and marks the directories clean.
struct stop_broker {};

struct broker_stopped {
  bool is_clean = true;  ///< Every log was closed and every checkpoint written.
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::start_broker)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::broker_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::hand_over_leaderships)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::leaderships_handed_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::stop_broker)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::broker_stopped)
