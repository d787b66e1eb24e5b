#include "actors/group/awaited_members.hpp"

namespace ottla {
namespace {

constexpr size_t names_max = 5;

/// "a (/10.0.0.1), b (/10.0.0.2) and 3 more"; empty if `is_awaited` holds for nobody.
template <class Predicate>
std::string names_of(const group_roster& roster, Predicate is_awaited) {
  std::string names;
  size_t count = 0;
  for (const auto& [id, member] : roster.members()) {
    if (!is_awaited(member) || ++count > names_max) continue;
    if (!names.empty()) names += ", ";
    names += id + " (" + member.client_host + ")";
  }
  if (count > names_max) names += " and " + std::to_string(count - names_max) + " more";
  return names;
}

}  // namespace

std::string awaited_members(const group_state& group) {
  if (group.phase() == group_phase::preparing_rebalance) {
    auto names = names_of(group.roster(),
                          [](const group_member& m) { return !m.awaiting_join.has_value(); });
    return names.empty() ? "the rebalance gives more members time to join"
                         : "the rebalance waits until these join again: " + names;
  }
  if (group.phase() == group_phase::completing_rebalance) {
    auto names = names_of(group.roster(),
                          [](const group_member& m) { return !m.awaiting_sync.has_value(); });
    return names.empty() ? "the rebalance waits until the assignment is stored"
                         : "the rebalance waits until these ask for their assignment: " + names;
  }
  return {};
}

}  // namespace ottla
