// Rebalances: the part of group_state that moves the group from generation to generation.
#include <algorithm>
#include <limits>

#include "actors/group/group_state.hpp"

namespace ottla {

namespace {

// Members may give a rebalance timeout of nothing, and the wait below begins anew when it ends.
constexpr int32_t least_wait_ms = 1000;

}  // namespace

void group_state::rebalance_or_complete(const std::string& reason, group_time now) {
  if (phase_ == group_phase::preparing_rebalance) return complete_join_if_ready(now);
  prepare_rebalance(reason, now);
}

void group_state::prepare_rebalance(const std::string& reason, group_time now) {
  if (phase_ == group_phase::completing_rebalance) {
    withdraw_assignments(error_code::rebalance_in_progress, now);
  }
  pending_syncs_.clear();
  sync_deadline_ms_.reset();

  const bool initial = phase_ == group_phase::empty;
  move_to(group_phase::preparing_rebalance, now);
  note(group_event_kind::rebalance_started, reason, now);
  if (initial) {
    // More members are probably on their way: one rebalance for all of them is cheaper (KIP-134).
    member_added_in_delay_ = false;
    const auto delay = options_->initial_rebalance_delay_ms;
    const auto remaining = std::max(roster_.rebalance_timeout_ms() - delay, 0);
    join_deadline due{now.monotonic_ms + delay, true, delay, remaining};
    if (delay <= 0) return initial_delay_over(due, now);
    join_deadline_ = due;
    return;
  }
  if (roster_.everybody_joined()) return complete_join(now);
  join_deadline_ = join_deadline{now.monotonic_ms + roster_.rebalance_timeout_ms()};
}

void group_state::initial_delay_over(join_deadline due, group_time now) {
  join_deadline_.reset();
  if (!member_added_in_delay_ || due.remaining_ms == 0) return complete_join(now);
  member_added_in_delay_ = false;
  const auto delay = std::min(options_->initial_rebalance_delay_ms, due.remaining_ms);
  const auto remaining = std::max(due.remaining_ms - due.delay_ms, 0);
  join_deadline_ = join_deadline{now.monotonic_ms + delay, true, delay, remaining};
}

void group_state::complete_join_if_ready(group_time now) {
  if (phase_ != group_phase::preparing_rebalance) return;
  if (previous_phase_ == group_phase::empty) return;  // The initial delay decides.
  if (roster_.everybody_joined()) complete_join(now);
}

void group_state::complete_join(group_time now) {
  join_deadline_.reset();
  std::vector<std::string> missing;
  for (const auto& [id, member] : roster_.members()) {
    if (!member.awaiting_join && !member.is_static()) missing.push_back(id);
  }
  for (const auto& id : missing) {
    note(group_event_kind::member_expired, id + " has not joined again in time", now);
    remove_member(id);
  }
  if (!roster_.elect_leader_among_joined() && !roster_.empty()) {
    // Only static members are left and none has come back: wait until their sessions end.
    const auto wait_ms = std::max(roster_.rebalance_timeout_ms(), least_wait_ms);
    join_deadline_ = join_deadline{now.monotonic_ms + wait_ms};
    return;
  }
  // A number from the log may be anything.
  generation_ = generation_ == std::numeric_limits<int32_t>::max() ? 1 : generation_ + 1;
  pending_syncs_.clear();
  if (roster_.empty()) return become_empty(now);
  form_generation(now);
}

void group_state::become_empty(group_time now) {
  protocol_.reset();
  topics_ = read_topics();
  move_to(group_phase::empty, now);
  note(group_event_kind::emptied, "the last member has gone", now);
  store(empty_write{}, snapshot());
}

void group_state::form_generation(group_time now) {
  protocol_ = roster_.choose_protocol();
  topics_ = read_topics();
  move_to(group_phase::completing_rebalance, now);
  note(group_event_kind::generation_formed, "leader " + roster_.leader().value_or(""), now);
  for (const auto& [id, _] : roster_.members()) {
    auto& member = roster_.at(id);
    answer_join(member, current_generation(member, roster_.is_leader(id)));
    member.is_new = false;
    touch(member, now);
    pending_syncs_.insert(id);
  }
  sync_deadline_ms_ = now.monotonic_ms + roster_.rebalance_timeout_ms();
}

void group_state::sync(request_ticket ticket, const sync_group_request& request, group_time now) {
  if (phase_ == group_phase::dead) {
    return refuse_sync(ticket, error_code::coordinator_not_available);
  }
  auto error = roster_.check(request.member_id, request.group_instance_id);
  if (error != error_code::none) return refuse_sync(ticket, error);
  if (request.generation_id != generation_) {
    return refuse_sync(ticket, error_code::illegal_generation);
  }
  if ((request.protocol_type && request.protocol_type != protocol_type_) ||
      (request.protocol_name && request.protocol_name != protocol_)) {
    return refuse_sync(ticket, error_code::inconsistent_group_protocol);
  }
  if (phase_ == group_phase::preparing_rebalance) {
    return refuse_sync(ticket, error_code::rebalance_in_progress);
  }
  auto& member = roster_.at(request.member_id);
  sync_arrived(member.id);
  touch(member, now);
  if (phase_ == group_phase::stable) {
    actions_.syncs.emplace_back(ticket, current_assignment(member));
    return;
  }
  park_sync(member, ticket);
  if (roster_.is_leader(member.id)) accept_assignment(request);
}

void group_state::sync_arrived(const std::string& member_id) {
  pending_syncs_.erase(member_id);
  if (pending_syncs_.empty()) sync_deadline_ms_.reset();
}

void group_state::accept_assignment(const sync_group_request& request) {
  for (const auto& [_, pending] : pending_writes_) {
    // The leader repeats itself: its first assignment is being stored and stands.
    const auto* write = std::get_if<assignment_write>(&pending);
    if (write != nullptr && write->generation == generation_) return;
  }
  assignment_write write;
  write.generation = generation_;
  for (const auto& one : request.assignments) {
    write.assignments[std::string{one.member_id}] = shared_bytes::copy_of(one.assignment.view());
  }
  auto value = snapshot();
  for (auto& member : value.members) {
    auto found = write.assignments.find(member.id);
    member.assignment = found == write.assignments.end() ? shared_bytes{} : found->second;
  }
  store(std::move(write), std::move(value));
}

void group_state::assignment_written(assignment_write& write, error_code error, group_time now) {
  // Another member may have joined while the record was on its way.
  if (phase_ != group_phase::completing_rebalance || write.generation != generation_) return;
  if (error != error_code::none) {
    withdraw_assignments(error, now);
    note(group_event_kind::write_failed, std::string{error_name(error)}, now);
    return rebalance_or_complete(
        "Error " + std::string{error_name(error)} + " when storing group assignment", now);
  }
  move_to(group_phase::stable, now);
  for (const auto& [id, _] : roster_.members()) {
    auto& member = roster_.at(id);
    auto found = write.assignments.find(id);
    member.assignment = found == write.assignments.end() ? shared_bytes{} : found->second;
    if (!member.awaiting_sync) continue;
    answer_sync(member, current_assignment(member));
    touch(member, now);
  }
  note(group_event_kind::stable, "assignment by " + roster_.leader().value_or(""), now);
}

void group_state::withdraw_assignments(error_code told, group_time now) {
  for (const auto& [id, _] : roster_.members()) {
    auto& member = roster_.at(id);
    member.assignment = {};
    if (!member.awaiting_sync) continue;
    sync_group_response response;
    response.error_code = told;
    answer_sync(member, std::move(response));
    touch(member, now);
  }
}

void group_state::sync_overdue(group_time now) {
  sync_deadline_ms_.reset();
  if (pending_syncs_.empty()) return;
  std::string who;
  for (const auto& id : std::exchange(pending_syncs_, {})) {
    who += who.empty() ? id : ", " + id;
    remove_member(id);
  }
  prepare_rebalance("Removing " + who + " on pending sync request expiration", now);
}

}  // namespace ottla
