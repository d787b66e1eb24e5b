#include "actors/admin/traffic_totals.hpp"

#include <set>
#include <utility>

namespace ottla {
namespace {

constexpr int64_t partition_traffic::* counters[] = {
    &partition_traffic::appended_bytes, &partition_traffic::appended_records,
    &partition_traffic::read_bytes, &partition_traffic::replicated_bytes};

}  // namespace

void traffic_totals::add_round(const partition_descriptions& round) {
  std::unordered_map<topic_id_partition, partition_traffic> now;
  std::map<std::string, partition_traffic> topics;
  for (const auto& [which, said] : round) {
    const auto& name = said.which.topic;
    auto [topic, is_new] = topics.try_emplace(name);
    if (is_new) {
      if (auto known = by_topic_.find(name); known != by_topic_.end())
        topic->second = known->second;
    }
    const auto before = last_.find(which);
    for (auto counter : counters) {
      const auto value = said.traffic.*counter;
      const auto old = before == last_.end() ? 0 : before->second.*counter;
      const auto grown = value >= old ? value - old : value;  // it began anew
      all_.*counter += grown;
      topic->second.*counter += grown;
    }
    now.emplace(which, said.traffic);
  }
  last_ = std::move(now);
  by_topic_ = std::move(topics);
}

}  // namespace ottla
