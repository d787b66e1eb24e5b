// Kafka's assignor "range", and the bytes of its subscriptions and assignments: what a member of a
// consumer group needs to lead it. Plain code.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

inline constexpr const char* range_assignor_name = "range";

struct subscribed_member {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::vector<std::string> topics;
};

/// For each topic, a range of its partitions to each of its subscribers in their order: static
/// members first. Every member is in the answer.
std::map<std::string, std::vector<topic_partition>> assign_ranges(
    std::vector<subscribed_member> members,
    const std::function<int32_t(const std::string& topic)>& partition_count);

/// Of version 0, which every client understands.
shared_bytes encode_subscription(const std::vector<std::string>& topics);
shared_bytes encode_assignment(const std::vector<topic_partition>& partitions);

}  // namespace ottla
