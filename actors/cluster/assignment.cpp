#include "actors/cluster/assignment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace ottla {
namespace {

// Brokers of all racks in turn: a1 b1 c1 a2 b2 a3.
std::vector<placement_candidate> alternate_racks(std::vector<placement_candidate> candidates) {
  std::ranges::sort(candidates, {}, &placement_candidate::id);
  std::map<std::optional<std::string>, std::vector<placement_candidate>> racks;
  for (auto& candidate : candidates) racks[candidate.rack].push_back(candidate);
  std::vector<placement_candidate> result;
  for (size_t round = 0; result.size() < candidates.size(); ++round) {
    for (const auto& [rack, members] : racks) {
      if (round < members.size()) result.push_back(members[round]);
    }
  }
  return result;
}

std::vector<broker_id> replicas_from(const std::vector<placement_candidate>& ring, size_t leader,
                                     size_t shift, size_t wanted) {
  std::vector<broker_id> replicas{ring[leader].id};
  std::set<std::optional<std::string>> racks{ring[leader].rack};
  std::set<broker_id> used{ring[leader].id};
  while (replicas.size() < wanted) {
    const placement_candidate* chosen = nullptr;
    for (size_t step = 0; step + 1 < ring.size(); ++step) {
      // The second replica starts `shift` further on, so that two brokers do not share everything.
      const auto& next = ring[(leader + 1 + (shift + step) % (ring.size() - 1)) % ring.size()];
      if (used.contains(next.id)) continue;
      if (chosen == nullptr) chosen = &next;
      if (!racks.contains(next.rack)) {
        chosen = &next;
        break;
      }
    }
    replicas.push_back(chosen->id);
    used.insert(chosen->id);
    racks.insert(chosen->rack);
  }
  return replicas;
}

}  // namespace

outcome<std::vector<std::vector<broker_id>>> assign_replicas(
    std::vector<placement_candidate> candidates, const placement_request& wanted) {
  auto available = static_cast<int32_t>(candidates.size());
  if (wanted.replication_factor > available) {
    return fault{error_code::invalid_replication_factor,
                 fmt::format("Unable to replicate the partition {} time(s): The target replication "
                             "factor of {} cannot be reached because only {} broker(s) are "
                             "registered.",
                             wanted.replication_factor, wanted.replication_factor, available)};
  }
  auto ring = alternate_racks(std::move(candidates));
  std::vector<std::vector<broker_id>> result;
  result.reserve(static_cast<size_t>(wanted.partitions));
  for (int32_t i = 0; i < wanted.partitions; ++i) {
    auto turn = wanted.random % ring.size() + static_cast<size_t>(wanted.first_partition) +
                static_cast<size_t>(i);
    auto shift = wanted.random / ring.size() % ring.size() + turn / ring.size();
    result.push_back(replicas_from(ring, turn % ring.size(), shift,
                                   static_cast<size_t>(wanted.replication_factor)));
  }
  return result;
}

}  // namespace ottla
