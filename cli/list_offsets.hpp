// Offsets of partitions, asked from their leaders.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/admin_client.hpp"

namespace ottla {

/// Kafka's special timestamps.
inline constexpr timestamp_ms latest_timestamp = -1;
inline constexpr timestamp_ms earliest_timestamp = -2;

using partition_offsets = std::map<topic_partition, log_offset>;

/// Which partitions of the topics are asked for.
using partition_filter = std::function<bool(const led_partition&)>;
bool is_any(const led_partition& partition);
/// For what can do without the others: a partition that nobody leads is not waited for.
bool has_leader(const led_partition& partition);

/// For each partition the first offset whose timestamp is at least `when` (or the special one);
/// -1 where there is none. LEADER_NOT_AVAILABLE names a partition that got no leader in time.
outcome<partition_offsets> offsets_at(admin_client& client, const std::vector<std::string>& topics,
                                      timestamp_ms when, const partition_filter& filter = is_any);

/// The offsets that a partition has: first, and one past the last.
struct offset_range {
  log_offset first = 0;
  log_offset end = 0;
};
using partition_ranges = std::map<topic_partition, offset_range>;

outcome<partition_ranges> ranges_of(admin_client& client, const std::vector<std::string>& topics,
                                    const partition_filter& filter = is_any);

}  // namespace ottla
