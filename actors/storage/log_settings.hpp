// From a topic's configuration to the settings of its log.
#pragma once

#include "actors/config/topic_config.hpp"
#include "storage/log_options.hpp"

namespace ottla {

/// What the broker's own settings add to each log's.
struct log_defaults {
  int64_t producer_id_expiration_ms = 86'400'000;
};

log_options make_log_options(const topic_config& topic, const log_defaults& broker);

/// `compression.type` with the level of its codec.
target_compression make_target_compression(const topic_config& topic);

}  // namespace ottla
