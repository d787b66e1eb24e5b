#include "actors/group/consumer_subscription.hpp"

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

}  // namespace ottla
