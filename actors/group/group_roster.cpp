#include "actors/group/group_roster.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace ottla {

bool group_roster::contains(std::string_view member_id) const {
  return members_.find(member_id) != members_.end();
}

group_member& group_roster::at(std::string_view member_id) {
  auto found = members_.find(member_id);
  OTTLA_ASSERT(found != members_.end());
  return found->second;
}

const group_member& group_roster::at(std::string_view member_id) const {
  auto found = members_.find(member_id);
  OTTLA_ASSERT(found != members_.end());
  return found->second;
}

std::optional<std::string> group_roster::static_member(std::string_view instance_id) const {
  auto found = static_members_.find(instance_id);
  if (found == static_members_.end()) return std::nullopt;
  return found->second;
}

error_code group_roster::check(std::string_view member_id,
                               const std::optional<std::string>& instance_id) const {
  if (instance_id) {
    auto known = static_member(*instance_id);
    if (!known) return error_code::unknown_member_id;
    if (*known != member_id) return error_code::fenced_instance_id;
  }
  return contains(member_id) ? error_code::none : error_code::unknown_member_id;
}

group_member& group_roster::add(group_member member) {
  OTTLA_ASSERT(!contains(member.id));
  if (member.instance_id) {
    auto [_, added] = static_members_.emplace(*member.instance_id, member.id);
    OTTLA_ASSERT(added);
  }
  if (!leader_) leader_ = member.id;
  remove_pending(member.id);
  count_protocols(member, 1);
  auto id = member.id;
  return members_.emplace(std::move(id), std::move(member)).first->second;
}

std::optional<group_member> group_roster::remove(std::string_view member_id) {
  remove_pending(member_id);
  auto found = members_.find(member_id);
  if (found == members_.end()) return std::nullopt;
  auto member = std::move(found->second);
  members_.erase(found);
  count_protocols(member, -1);
  if (member.awaiting_join) --awaiting_join_;
  if (member.instance_id) static_members_.erase(*member.instance_id);
  if (leader_ == member.id) {
    leader_ = members_.empty() ? std::nullopt : std::optional{members_.begin()->first};
  }
  return member;
}

void group_roster::update(group_member& member, std::vector<group_protocol> protocols,
                          int32_t rebalance_timeout_ms, int32_t session_timeout_ms) {
  count_protocols(member, -1);
  member.protocols = std::move(protocols);
  count_protocols(member, 1);
  member.rebalance_timeout_ms = rebalance_timeout_ms;
  member.session_timeout_ms = session_timeout_ms;
}

group_member& group_roster::rename(std::string_view old_id, const std::string& new_id) {
  auto node = members_.extract(members_.find(old_id));
  OTTLA_ASSERT(!node.empty());
  auto& member = node.mapped();
  OTTLA_ASSERT(member.instance_id && !member.awaiting_join && !member.awaiting_sync);
  if (leader_ == member.id) leader_ = new_id;
  static_members_[*member.instance_id] = new_id;
  member.id = new_id;
  node.key() = new_id;
  return members_.insert(std::move(node)).position->second;
}

std::optional<request_ticket> group_roster::park_join(group_member& member, request_ticket ticket) {
  auto before = std::exchange(member.awaiting_join, ticket);
  if (!before) ++awaiting_join_;
  return before;
}

std::optional<request_ticket> group_roster::take_join(group_member& member) {
  auto ticket = std::exchange(member.awaiting_join, std::nullopt);
  if (ticket) --awaiting_join_;
  return ticket;
}

bool group_roster::remove_pending(std::string_view member_id) {
  auto found = pending_.find(member_id);
  if (found == pending_.end()) return false;
  pending_.erase(found);
  return true;
}

bool group_roster::is_pending(std::string_view member_id) const {
  return pending_.find(member_id) != pending_.end();
}

bool group_roster::elect_leader_among_joined() {
  if (!leader_) return false;
  if (at(*leader_).awaiting_join) return true;
  for (const auto& [id, member] : members_) {
    if (!member.awaiting_join) continue;
    leader_ = id;
    return true;
  }
  return false;
}

bool group_roster::all_offer(std::string_view protocol) const {
  auto found = support_.find(protocol);
  return (found == support_.end() ? 0 : found->second) == members_.size();
}

bool group_roster::shares_one_of(const std::vector<group_protocol>& protocols) const {
  return std::ranges::any_of(protocols, [&](const auto& one) { return all_offer(one.name); });
}

std::string group_roster::choose_protocol() const {
  std::map<std::string_view, int> votes;
  for (const auto& [_, member] : members_) {
    for (const auto& offered : member.protocols) {
      if (!all_offer(offered.name)) continue;
      ++votes[offered.name];
      break;
    }
  }
  const group_protocol* chosen = nullptr;
  for (const auto& candidate : at(*leader_).protocols) {
    auto found = votes.find(candidate.name);
    if (found == votes.end()) continue;
    if (chosen == nullptr || found->second > votes[chosen->name]) chosen = &candidate;
  }
  OTTLA_ASSERT(chosen != nullptr);
  return chosen->name;
}

int32_t group_roster::rebalance_timeout_ms() const {
  int32_t longest = 0;
  for (const auto& [_, member] : members_) longest = std::max(longest, member.rebalance_timeout_ms);
  return longest;
}

void group_roster::count_protocols(const group_member& member, int change) {
  std::set<std::string_view> names;  // A client may name a protocol twice.
  for (const auto& offered : member.protocols) names.insert(offered.name);
  for (auto name : names) {
    auto& count = support_[std::string{name}];
    count = change > 0 ? count + 1 : count - 1;
    if (count == 0) support_.erase(support_.find(name));
  }
}

void group_roster::check_invariants() const {
  size_t awaiting = 0;
  size_t statics = 0;
  for (const auto& [id, member] : members_) {
    OTTLA_ASSERT(member.id == id);
    OTTLA_ASSERT(!is_pending(id));
    OTTLA_ASSERT(!(member.awaiting_join && member.awaiting_sync));
    if (member.awaiting_join) ++awaiting;
    if (!member.instance_id) continue;
    ++statics;
    OTTLA_ASSERT(static_member(*member.instance_id) == id);
  }
  OTTLA_ASSERT(awaiting == awaiting_join_);
  OTTLA_ASSERT(statics == static_members_.size());
  OTTLA_ASSERT(leader_.has_value() == !members_.empty());
  OTTLA_ASSERT(!leader_ || contains(*leader_));
}

}  // namespace ottla
