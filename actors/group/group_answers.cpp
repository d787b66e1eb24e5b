// Parked requests of group_state and what they are answered. No parked request is ever dropped: one
// that is replaced or whose member goes is answered as well.
#include "actors/group/group_state.hpp"

namespace ottla {

void group_state::park_join(group_member& member, request_ticket ticket) {
  auto replaced = roster_.park_join(member, ticket);
  if (replaced) refuse_join(*replaced, member.id, error_code::rebalance_in_progress);
}

void group_state::park_sync(group_member& member, request_ticket ticket) {
  auto replaced = std::exchange(member.awaiting_sync, ticket);
  if (replaced) refuse_sync(*replaced, error_code::rebalance_in_progress);
}

void group_state::answer_join(group_member& member, join_group_response response) {
  auto ticket = roster_.take_join(member);
  if (ticket) actions_.joins.emplace_back(*ticket, std::move(response));
}

void group_state::answer_sync(group_member& member, sync_group_response response) {
  auto ticket = std::exchange(member.awaiting_sync, std::nullopt);
  if (ticket) actions_.syncs.emplace_back(*ticket, std::move(response));
}

void group_state::refuse_join(request_ticket ticket, std::string_view member_id, error_code error) {
  join_group_response response;
  response.error_code = error;
  response.member_id = member_id;
  actions_.joins.emplace_back(ticket, std::move(response));
}

void group_state::refuse_sync(request_ticket ticket, error_code error) {
  sync_group_response response;
  response.error_code = error;
  actions_.syncs.emplace_back(ticket, std::move(response));
}

join_group_response group_state::current_generation(const group_member& member,
                                                    bool with_members) const {
  join_group_response response;
  response.generation_id = generation_;
  response.protocol_type = protocol_type_;
  response.protocol_name = protocol_;
  response.leader = roster_.leader().value_or("");
  response.member_id = member.id;
  if (!with_members) return response;
  for (const auto& [id, other] : roster_.members()) {
    response.members.push_back({id, other.instance_id, other.metadata_for(*protocol_)});
  }
  return response;
}

sync_group_response group_state::current_assignment(const group_member& member) const {
  sync_group_response response;
  response.protocol_type = protocol_type_;
  response.protocol_name = protocol_;
  response.assignment = member.assignment;
  return response;
}

}  // namespace ottla
