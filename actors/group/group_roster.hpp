// Who is in a group: its members, their leader, and the ways of assigning they have in common.
//
// The bookkeeping under group_state, which owns it: no time, no states, no answers. Members are
// kept in the order of their ids, so every choice made here is deterministic. Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "actors/group/group_member.hpp"
#include "protocol/error_code.hpp"

namespace ottla {

class group_roster {
public:
  using member_map = std::map<std::string, group_member, std::less<>>;

  [[nodiscard]] const member_map& members() const { return members_; }
  [[nodiscard]] size_t size() const { return members_.size(); }
  [[nodiscard]] bool empty() const { return members_.empty(); }
  [[nodiscard]] bool contains(std::string_view member_id) const;
  /// The member, which must exist.
  group_member& at(std::string_view member_id);
  [[nodiscard]] const group_member& at(std::string_view member_id) const;
  /// The member id of a static member; nothing if the instance id is not in the group.
  [[nodiscard]] std::optional<std::string> static_member(std::string_view instance_id) const;

  /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID (another member has the instance id) or none.
  [[nodiscard]] error_code check(std::string_view member_id,
                                 const std::optional<std::string>& instance_id) const;

  /// Adds a member that is not in the group yet; the first one leads.
  group_member& add(group_member member);
  /// Takes the member out, if it is there; if it led, the first of the others leads.
  std::optional<group_member> remove(std::string_view member_id);
  void update(group_member& member, std::vector<group_protocol> protocols,
              int32_t rebalance_timeout_ms, int32_t session_timeout_ms);
  /// Gives a static member a new id. Nothing may be parked for it.
  group_member& rename(std::string_view old_id, const std::string& new_id);

  /// Parks a join or takes the parked one out; both return what was parked before.
  std::optional<request_ticket> park_join(group_member& member, request_ticket ticket);
  std::optional<request_ticket> take_join(group_member& member);
  [[nodiscard]] size_t awaiting_join() const { return awaiting_join_; }

  // Members that were told their id and have not come back with it (KIP-394).
  void add_pending(std::string member_id) { pending_.insert(std::move(member_id)); }
  bool remove_pending(std::string_view member_id);
  [[nodiscard]] bool is_pending(std::string_view member_id) const;
  [[nodiscard]] bool has_pending() const { return !pending_.empty(); }

  [[nodiscard]] bool everybody_joined() const {
    return awaiting_join_ == members_.size() && pending_.empty();
  }
  [[nodiscard]] const std::optional<std::string>& leader() const { return leader_; }
  [[nodiscard]] bool is_leader(std::string_view member_id) const { return leader_ == member_id; }
  void set_leader(std::optional<std::string> member_id) { leader_ = std::move(member_id); }
  /// Keeps a leader that has joined; otherwise the first member that has joined leads. False if
  /// nobody has.
  bool elect_leader_among_joined();

  /// Whether one of `protocols` is offered by every member.
  [[nodiscard]] bool shares_one_of(const std::vector<group_protocol>& protocols) const;
  /// Each member votes for the first of its protocols that all offer; of those with most votes, the
  /// one that the leader likes best. There must be a member and a common protocol.
  [[nodiscard]] std::string choose_protocol() const;
  /// The longest of the members' rebalance timeouts.
  [[nodiscard]] int32_t rebalance_timeout_ms() const;

  /// Aborts the process if the bookkeeping contradicts itself.
  void check_invariants() const;

private:
  void count_protocols(const group_member& member, int change);
  [[nodiscard]] bool all_offer(std::string_view protocol) const;

  member_map members_;
  std::map<std::string, std::string, std::less<>> static_members_;  ///< Instance id to member id.
  std::set<std::string, std::less<>> pending_;
  std::map<std::string, size_t, std::less<>> support_;  ///< How many members offer a protocol.
  std::optional<std::string> leader_;
  size_t awaiting_join_ = 0;
};

}  // namespace ottla
