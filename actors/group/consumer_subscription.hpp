// The topics in a consumer's subscription, the only part of a member's metadata that the broker
// reads, and the partitions in its assignment, for people.
//
// Offsets of topics that an active group subscribes to never expire and cannot be deleted, so the
// coordinator must know the topics. The rest of the metadata is the clients' own.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/types.hpp"

namespace ottla {

/// The protocol type of Kafka's consumers; other types have metadata of other forms.
inline constexpr const char* consumer_protocol_type = "consumer";

/// The topics of a subscription of any version (all begin like version 0); nothing if it is
/// malformed.
std::optional<std::vector<std::string>> subscribed_topics(std::span<const std::byte> metadata);

/// The partitions in an assignment of any version, sorted; as far as it is well formed.
std::vector<topic_partition> assigned_partitions(std::span<const std::byte> assignment);

}  // namespace ottla
