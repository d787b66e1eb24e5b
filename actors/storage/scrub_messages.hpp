// Scrubbing as a conversation: the scrubber reads on its own thread, the log captures what is to be
// read and judges what was found, because only it may touch its segments.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <optional>

#include "protocol/outcome.hpp"
#include "storage/log_scrub.hpp"

namespace ottla {

struct begin_scrub {};

struct scrub_begun {
  std::shared_ptr<log_scrub> job;  ///< Null: the log is offline.
};

/// To the log: these bytes were found damaged.
struct quarantine_range {
  quarantined_range range;
};

struct range_quarantined {
  bool is_damaged = false;  ///< Else it was a false alarm: the segment has changed meanwhile.
  std::optional<fault> failure;
};

/// To the scrubber, by itself: go on with the job in hand.
struct scrub_step {};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::begin_scrub)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::scrub_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::quarantine_range)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::range_quarantined)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::scrub_step)
