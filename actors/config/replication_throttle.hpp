// Kafka's throttles of replication (KIP-73): how fast a broker may copy replicas, and which.
//
// The rates are keys of one broker (leader.replication.throttled.rate, follower. ...), set while it
// runs; the replicas that they are for are keys of a topic. Plain functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "actors/config/broker_config.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

/// Which side of a copy is throttled.
enum class throttled_side : uint8_t { leader, follower };

/// What that side may send or take of throttled replicas; INT64_MAX: no limit.
int64_t throttled_bytes_per_second(const broker_config& config, throttled_side side);

/// Whether the topic's own values name the replica of `partition` on `broker`.
bool is_throttled(const config_map& topic_overrides, throttled_side side, partition_index partition,
                  broker_id broker);

/// Whether `list` is "*" or of the form "partition:broker,..." (INVALID_CONFIG).
outcome<void> check_throttled_replicas(std::string_view key, std::string_view list);

}  // namespace ottla
