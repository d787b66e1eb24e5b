// JoinGroup: the part of group_state that lets members in and lets them back in.
#include <algorithm>

#include "actors/group/group_state.hpp"
#include "protocol/utf8.hpp"

namespace ottla {

namespace {

// JoinGroup versions at which Kafka's rules change.
constexpr api_version first_with_rebalance_timeout = 1;
constexpr api_version first_requiring_member_id = 4;   // KIP-394
constexpr api_version first_with_skip_assignment = 9;  // KIP-814

constexpr size_t longest_reason = 255;

/// Leaves room for the rest of the member id, which is written as a string of at most 32767 bytes.
std::string member_prefix(std::string_view name) {
  constexpr size_t longest = 32'000;
  return std::string{utf8_prefix(name, longest)};
}

int32_t rebalance_timeout_of(const join_group_request& request, const group_client& client) {
  return client.version < first_with_rebalance_timeout ? request.session_timeout_ms
                                                       : request.rebalance_timeout_ms;
}

std::vector<group_protocol> protocols_of(const join_group_request& request) {
  std::vector<group_protocol> protocols;
  protocols.reserve(request.protocols.size());
  for (const auto& one : request.protocols) {
    protocols.push_back({std::string{one.name}, shared_bytes::copy_of(one.metadata.view())});
  }
  return protocols;
}

bool same_protocols(const group_member& member, const join_group_request& request) {
  return std::ranges::equal(
      member.protocols, request.protocols, [](const group_protocol& a, const auto& b) {
        return a.name == b.name && std::ranges::equal(a.metadata.view(), b.metadata.view());
      });
}

std::string client_reason(const join_group_request& request) {
  const bool given = request.reason && !request.reason->empty();
  return "; client reason: " +
         (given ? std::string{utf8_prefix(*request.reason, longest_reason)} : "not provided");
}

}  // namespace

error_code check_join(const join_group_request& request, const group_options& options) {
  if (request.group_id.empty()) return error_code::invalid_group_id;
  if (request.session_timeout_ms < options.min_session_timeout_ms ||
      request.session_timeout_ms > options.max_session_timeout_ms) {
    return error_code::invalid_session_timeout;
  }
  return error_code::none;
}

void group_state::join(request_ticket ticket, const join_group_request& request,
                       const group_client& client, group_time now) {
  if (phase_ == group_phase::dead) {
    return refuse_join(ticket, request.member_id, error_code::coordinator_not_available);
  }
  if (!has_room_for(request.member_id)) {
    remove_member(request.member_id);
    refuse_join(ticket, "", error_code::group_max_size_reached);
    return complete_join_if_ready(now);
  }
  if (!supports(request)) {
    return refuse_join(ticket, request.member_id, error_code::inconsistent_group_protocol);
  }
  if (request.member_id.empty()) {
    join_new(ticket, request, client, now);
  } else {
    join_known(ticket, request, client, now);
  }
}

// While a rebalance gathers members, those who wait are counted: so the last to come back are the
// ones turned away when the limit has been lowered.
bool group_state::has_room_for(std::string_view member_id) const {
  const auto limit = static_cast<size_t>(options_->max_size);
  switch (phase_) {
    case group_phase::preparing_rebalance:
      return (roster_.contains(member_id) && roster_.at(member_id).awaiting_join) ||
             roster_.awaiting_join() < limit;
    case group_phase::completing_rebalance:
    case group_phase::stable:
      return roster_.contains(member_id) || roster_.size() < limit;
    case group_phase::empty:
    case group_phase::dead:
      break;
  }
  return true;
}

bool group_state::supports(const join_group_request& request) const {
  auto protocols = protocols_of(request);
  if (phase_ == group_phase::empty) return !request.protocol_type.empty() && !protocols.empty();
  return protocol_type_ == request.protocol_type && roster_.shares_one_of(protocols);
}

void group_state::join_new(request_ticket ticket, const join_group_request& request,
                           const group_client& client, group_time now) {
  const auto& instance = request.group_instance_id;
  auto member_id = member_prefix(instance.value_or(client.id)) + "-" + new_id_();
  if (instance) {
    auto known = roster_.static_member(*instance);
    if (known) return replace_static(ticket, request, client, *known, member_id, now);
    return admit(ticket, request, client, member_id, now);
  }
  if (client.version < first_requiring_member_id) {
    return admit(ticket, request, client, member_id, now);
  }
  // The member has to come back with this id before it counts (KIP-394): clients that give up
  // during a long rebalance and try again would otherwise fill the group with ghosts.
  roster_.add_pending(member_id);
  sessions_.set(member_id, now.monotonic_ms + request.session_timeout_ms);
  refuse_join(ticket, member_id, error_code::member_id_required);
}

void group_state::join_known(request_ticket ticket, const join_group_request& request,
                             const group_client& client, group_time now) {
  const auto& id = request.member_id;
  if (roster_.is_pending(id) && !request.group_instance_id) {
    return admit(ticket, request, client, id, now);
  }
  auto error = roster_.check(id, request.group_instance_id);
  if (error != error_code::none) return refuse_join(ticket, id, error);
  rejoin(ticket, request, client, roster_.at(id), now);
}

void group_state::rejoin(request_ticket ticket, const join_group_request& request,
                         const group_client& client, group_member& member, group_time now) {
  const auto during = " during " + std::string{group_phase_name(phase_)};
  if (phase_ == group_phase::preparing_rebalance) {
    return update_and_rebalance(ticket, request, client, member,
                                "Member " + member.id + " is joining group" + during, now);
  }
  // The leader's join asks for a new assignment, say because a topic has got more partitions.
  if (phase_ == group_phase::stable && roster_.is_leader(member.id)) {
    return update_and_rebalance(ticket, request, client, member,
                                "Leader " + member.id + " re-joining group" + during, now);
  }
  if (!same_protocols(member, request)) {
    return update_and_rebalance(ticket, request, client, member,
                                "Updating metadata for member " + member.id + during, now);
  }
  // Nothing is new: the member has probably not received the answer to its first join.
  touch(member, now);
  actions_.joins.emplace_back(ticket, current_generation(member, roster_.is_leader(member.id)));
}

void group_state::admit(request_ticket ticket, const join_group_request& request,
                        const group_client& client, const std::string& member_id, group_time now) {
  if (roster_.empty()) protocol_type_ = request.protocol_type;
  group_member member;
  member.id = member_id;
  member.instance_id = request.group_instance_id;
  member.client_id = client.id;
  member.client_host = client.host;
  member.rebalance_timeout_ms = rebalance_timeout_of(request, client);
  member.session_timeout_ms = request.session_timeout_ms;
  member.protocols = protocols_of(request);
  member.is_new = true;
  if (phase_ == group_phase::preparing_rebalance && previous_phase_ == group_phase::empty) {
    member_added_in_delay_ = true;
  }
  park_join(roster_.add(std::move(member)), ticket);
  // A new member has no id to send heartbeats with yet, and a parked request hides a closed
  // connection. So its wait is bounded instead; a live client joins again.
  sessions_.set(member_id, now.monotonic_ms + options_->new_member_join_timeout_ms);
  rebalance_or_complete("Adding new member " + member_id + " with group instance id " +
                            request.group_instance_id.value_or("null") + client_reason(request),
                        now);
}

void group_state::update_and_rebalance(request_ticket ticket, const join_group_request& request,
                                       const group_client& client, group_member& member,
                                       const std::string& reason, group_time now) {
  roster_.update(member, protocols_of(request), rebalance_timeout_of(request, client),
                 request.session_timeout_ms);
  park_join(member, ticket);
  rebalance_or_complete(reason + client_reason(request), now);
}

void group_state::replace_static(request_ticket ticket, const join_group_request& request,
                                 const group_client& client, const std::string& old_id,
                                 const std::string& new_id, group_time now) {
  replacement_write replacement;
  auto& old = roster_.at(old_id);
  replacement.ticket = ticket;
  replacement.old_id = old_id;
  replacement.new_id = new_id;
  replacement.old_leader = roster_.leader();
  replacement.may_skip_assignment = client.version >= first_with_skip_assignment;
  replacement.old_protocols = old.protocols;
  replacement.old_rebalance_timeout_ms = old.rebalance_timeout_ms;
  replacement.old_session_timeout_ms = old.session_timeout_ms;

  // Whoever still waits under the old id is a second process with the same instance id.
  join_group_response fenced;
  fenced.error_code = error_code::fenced_instance_id;
  fenced.member_id = old_id;
  answer_join(old, std::move(fenced));
  sync_group_response fenced_sync;
  fenced_sync.error_code = error_code::fenced_instance_id;
  answer_sync(old, std::move(fenced_sync));

  auto& member = roster_.rename(old_id, new_id);
  if (pending_syncs_.erase(old_id) != 0) pending_syncs_.insert(new_id);
  sessions_.erase(old_id);
  touch(member, now);
  roster_.update(member, protocols_of(request), rebalance_timeout_of(request, client),
                 request.session_timeout_ms);
  park_join(member, ticket);

  const auto who = "static member " + new_id + " with instance id " + *request.group_instance_id;
  if (phase_ == group_phase::stable) {
    if (roster_.choose_protocol() == protocol_) return store_replacement(std::move(replacement));
    return rebalance_or_complete("Group's selectedProtocol will change because " + who +
                                     " joined with change of protocol" + client_reason(request),
                                 now);
  }
  if (phase_ == group_phase::completing_rebalance) {
    // The leader may already be assigning to the old id, and the new one would go empty.
    return prepare_rebalance("Updating metadata for " + who + client_reason(request), now);
  }
  complete_join_if_ready(now);
}

void group_state::store_replacement(replacement_write replacement) {
  store(std::move(replacement), snapshot());
}

void group_state::replacement_written(const replacement_write& replacement, error_code error,
                                      group_time now) {
  if (!roster_.contains(replacement.new_id)) return;
  auto& member = roster_.at(replacement.new_id);
  // A rebalance may have answered meanwhile; then the member is on its way with everybody else.
  if (member.awaiting_join != replacement.ticket) return;
  if (phase_ != group_phase::stable) return;
  if (error == error_code::none) {
    // From version 9 on a leader can be told that its assignment stands (KIP-814). Before, it is
    // shown the id it used to have as the leader, so that it takes itself for a follower.
    const bool leads = roster_.is_leader(member.id);
    const bool skips = leads && replacement.may_skip_assignment;
    auto response = current_generation(member, skips);
    response.skip_assignment = skips;
    if (!replacement.may_skip_assignment) response.leader = replacement.old_leader.value_or("");
    answer_join(member, std::move(response));
    touch(member, now);
    return;
  }
  auto response = current_generation(member, false);
  response.error_code = error;
  response.member_id = "";
  response.leader = replacement.old_leader.value_or("");
  answer_join(member, std::move(response));
  roster_.update(member, replacement.old_protocols, replacement.old_rebalance_timeout_ms,
                 replacement.old_session_timeout_ms);
  sessions_.erase(replacement.new_id);
  touch(roster_.rename(replacement.new_id, replacement.old_id), now);
}

}  // namespace ottla
