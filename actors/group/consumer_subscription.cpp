#include "actors/group/consumer_subscription.hpp"

#include <algorithm>

#include "protocol/wire_reader.hpp"

namespace ottla {

std::optional<std::vector<std::string>> subscribed_topics(std::span<const std::byte> metadata) {
  wire_reader in{metadata};
  if (in.int16() < 0) in.fail("a negative version");
  std::vector<std::string> topics;
  auto count = in.array_count();
  if (!count) in.fail("a null list of topics");
  for (size_t i = 0; i < count.value_or(0) && !in.failed(); ++i) topics.emplace_back(in.string());
  in.nullable_bytes();  // The user data belongs to version 0 as well.
  if (!in.check()) return std::nullopt;
  return topics;
}

std::vector<topic_partition> assigned_partitions(std::span<const std::byte> assignment) {
  std::vector<topic_partition> assigned;
  wire_reader in{assignment};
  in.int16();
  const int32_t topics = in.int32();
  for (int32_t i = 0; i < topics && in.check(); ++i) {
    const std::string topic{in.string()};
    const int32_t partitions = in.int32();
    for (int32_t j = 0; j < partitions && in.check(); ++j) {
      const partition_index index = in.int32();
      if (in.check()) assigned.push_back({topic, index});
    }
  }
  std::ranges::sort(assigned);
  return assigned;
}

}  // namespace ottla
