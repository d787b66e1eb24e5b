#include "actors/admin/range_assignor.hpp"

#include <algorithm>
#include <set>

#include "protocol/wire_writer.hpp"

namespace ottla {
namespace {

bool comes_before(const subscribed_member& a, const subscribed_member& b) {
  if (a.instance_id && b.instance_id) return *a.instance_id < *b.instance_id;
  if (a.instance_id || b.instance_id) return a.instance_id.has_value();
  return a.member_id < b.member_id;
}

}  // namespace

std::map<std::string, std::vector<topic_partition>> assign_ranges(
    std::vector<subscribed_member> members,
    const std::function<int32_t(const std::string& topic)>& partition_count) {
  std::ranges::sort(members, comes_before);
  std::map<std::string, std::vector<topic_partition>> assigned;
  std::map<std::string, std::vector<const subscribed_member*>> subscribers;
  for (const auto& each : members) {
    assigned[each.member_id];
    for (const auto& topic : std::set<std::string>(each.topics.begin(), each.topics.end())) {
      subscribers[topic].push_back(&each);
    }
  }
  for (const auto& [topic, those] : subscribers) {
    const auto count = partition_count(topic);
    const auto all = static_cast<int32_t>(those.size());
    partition_index next = 0;
    for (int32_t i = 0; i < all; ++i) {
      const auto share = count / all + (i < count % all ? 1 : 0);
      auto& mine = assigned[those[static_cast<size_t>(i)]->member_id];
      for (int32_t n = 0; n < share; ++n) mine.push_back({topic, next++});
    }
  }
  return assigned;
}

shared_bytes encode_subscription(const std::vector<std::string>& topics) {
  wire_writer out;
  out.int16(0);
  out.array_count(topics.size());
  for (const auto& each : topics) out.string(each);
  out.nullable_bytes(std::nullopt);
  return out.finish_flat();
}

shared_bytes encode_assignment(const std::vector<topic_partition>& partitions) {
  std::map<std::string, std::vector<partition_index>> by_topic;
  for (const auto& each : partitions) by_topic[each.topic].push_back(each.partition);
  wire_writer out;
  out.int16(0);
  out.array_count(by_topic.size());
  for (const auto& [topic, indexes] : by_topic) {
    out.string(topic);
    out.array_count(indexes.size());
    for (auto each : indexes) out.int32(each);
  }
  out.nullable_bytes(std::nullopt);
  return out.finish_flat();
}

}  // namespace ottla
