#include "actors/group/group_state.hpp"

#include <algorithm>
#include <utility>

#include "actors/group/consumer_subscription.hpp"
#include "protocol/assert.hpp"
#include "protocol/utf8.hpp"

namespace ottla {

std::string_view group_phase_name(group_phase phase) {
  switch (phase) {
    case group_phase::empty:
      return "Empty";
    case group_phase::preparing_rebalance:
      return "PreparingRebalance";
    case group_phase::completing_rebalance:
      return "CompletingRebalance";
    case group_phase::stable:
      return "Stable";
    case group_phase::dead:
      break;
  }
  return "Dead";
}

error_code group_error_for_append(error_code append_error) {
  switch (append_error) {
    case error_code::unknown_topic_or_partition:
    case error_code::not_enough_replicas:
    case error_code::not_enough_replicas_after_append:
    case error_code::request_timed_out:
      return error_code::coordinator_not_available;
    case error_code::not_leader_or_follower:
    case error_code::fenced_leader_epoch:
    case error_code::kafka_storage_error:
      return error_code::not_coordinator;
    case error_code::message_too_large:
    case error_code::record_list_too_large:
    case error_code::invalid_fetch_size:
      return error_code::unknown_server_error;
    default:
      return append_error;
  }
}

group_state::group_state(std::string group_id, std::shared_ptr<const group_options> options,
                         member_id_source new_id, group_time now)
    : id_(std::move(group_id)),
      options_(std::move(options)),
      new_id_(std::move(new_id)),
      state_changed_at_(now.wall_ms) {}

group_state::group_state(std::string group_id, std::shared_ptr<const group_options> options,
                         member_id_source new_id, const stored_group& stored, group_time now)
    : id_(std::move(group_id)),
      options_(std::move(options)),
      new_id_(std::move(new_id)),
      state_changed_at_(stored.state_changed_at),
      generation_(std::max(stored.generation, 0)) {
  if (!stored.protocol_type.empty()) protocol_type_ = stored.protocol_type;
  if (stored.protocol && protocol_type_) restore_members(stored, now);
  topics_ = read_topics();
  if (roster_.size() <= static_cast<size_t>(options_->max_size)) return;
  prepare_rebalance("Freshly-loaded group " + id_ + " is over capacity", now);
}

void group_state::restore_members(const stored_group& stored, group_time now) {
  for (const auto& one : stored.members) {
    // A log can hold anything: an id given twice would break the roster.
    const bool known = roster_.contains(one.id) ||
                       (one.instance_id && roster_.static_member(*one.instance_id).has_value());
    if (known || one.id.empty()) continue;
    group_member member;
    member.id = one.id;
    member.instance_id = one.instance_id;
    member.client_id = one.client_id;
    member.client_host = one.client_host;
    member.session_timeout_ms = one.session_timeout_ms;
    member.rebalance_timeout_ms =
        one.rebalance_timeout_ms < 0 ? one.session_timeout_ms : one.rebalance_timeout_ms;
    member.protocols.push_back({*stored.protocol, one.subscription});
    member.assignment = one.assignment;
    touch(roster_.add(std::move(member)), now);
  }
  if (roster_.empty()) return;
  protocol_ = stored.protocol;
  if (stored.leader && roster_.contains(*stored.leader)) roster_.set_leader(stored.leader);
  phase_ = group_phase::stable;
}

error_code group_state::heartbeat(const heartbeat_request& request, group_time now) {
  if (phase_ == group_phase::dead) return error_code::coordinator_not_available;
  auto error = roster_.check(request.member_id, request.group_instance_id);
  if (error != error_code::none) return error;
  if (request.generation_id != generation_) return error_code::illegal_generation;
  touch(roster_.at(request.member_id), now);
  return phase_ == group_phase::preparing_rebalance ? error_code::rebalance_in_progress
                                                    : error_code::none;
}

leave_group_response group_state::leave(const leave_group_request& request, group_time now) {
  leave_group_response response;
  if (phase_ == group_phase::dead) {
    response.error_code = error_code::coordinator_not_available;
    return response;
  }
  std::string gone;
  bool anybody = false;
  for (const auto& leaving : request.members) {
    auto error = leave_one(leaving, now);
    response.members.push_back({leaving.member_id, leaving.group_instance_id, error});
    if (error != error_code::none) continue;
    gone += (anybody ? ", " : "") + leaving.member_id;
    anybody = true;
  }
  if (!anybody) return response;
  if (phase_ == group_phase::stable || phase_ == group_phase::completing_rebalance) {
    prepare_rebalance("explicit `LeaveGroup` request for (" + gone + ") members.", now);
  } else {
    complete_join_if_ready(now);
  }
  return response;
}

// An administrator names static members by their instance id alone (KIP-345).
error_code group_state::leave_one(const leave_group_request::member_identity& leaving,
                                  group_time now) {
  auto id = leaving.member_id;
  if (id.empty()) {
    auto known = leaving.group_instance_id ? roster_.static_member(*leaving.group_instance_id)
                                           : std::nullopt;
    if (!known) return error_code::unknown_member_id;
    id = *known;
  } else if (!roster_.is_pending(id)) {
    auto error = roster_.check(id, leaving.group_instance_id);
    if (error != error_code::none) return error;
  }
  note(group_event_kind::member_left, id + ": " + leaving.reason.value_or("not provided"), now);
  remove_member(id);
  return error_code::none;
}

error_code group_state::check_commit(std::string_view member_id,
                                     const std::optional<std::string>& instance_id,
                                     int32_t generation, group_time now) {
  if (phase_ == group_phase::dead) return error_code::coordinator_not_available;
  // Generation -1: an administrator, or a consumer that assigns partitions to itself.
  if (generation < 0 && phase_ == group_phase::empty) return error_code::none;
  if (generation < 0 && member_id.empty() && !instance_id) return error_code::unknown_member_id;
  auto error = roster_.check(member_id, instance_id);
  if (error != error_code::none) return error;
  if (generation != generation_) return error_code::illegal_generation;
  if (phase_ == group_phase::completing_rebalance) return error_code::rebalance_in_progress;
  touch(roster_.at(member_id), now);
  return error_code::none;
}

void group_state::written(write_token token, error_code error, group_time now) {
  auto found = pending_writes_.find(token);
  if (found == pending_writes_.end()) return;
  auto write = std::move(found->second);
  pending_writes_.erase(found);
  if (auto* assignment = std::get_if<assignment_write>(&write)) {
    assignment_written(*assignment, error, now);
  } else if (const auto* replacement = std::get_if<replacement_write>(&write)) {
    replacement_written(*replacement, error, now);
  } else if (error != error_code::none) {
    // After a restart the last generation would be found again, with members that time out.
    note(group_event_kind::write_failed, "the empty group: " + std::string{error_name(error)}, now);
  }
}

void group_state::tick(group_time now) {
  for (const auto& id : sessions_.take_expired(now.monotonic_ms)) session_over(id, now);
  if (sync_deadline_ms_ && *sync_deadline_ms_ <= now.monotonic_ms) sync_overdue(now);
  if (!join_deadline_ || join_deadline_->at_ms > now.monotonic_ms) return;
  if (join_deadline_->initial) {
    initial_delay_over(*join_deadline_, now);
  } else {
    complete_join(now);
  }
}

void group_state::session_over(const std::string& member_id, group_time now) {
  if (phase_ == group_phase::dead) return;
  if (roster_.remove_pending(member_id)) return complete_join_if_ready(now);
  if (!roster_.contains(member_id)) return;
  // It waits for us: looked at again later, since nothing else may come that would.
  if (roster_.at(member_id).may_be_silent()) return touch(roster_.at(member_id), now);
  note(group_event_kind::member_expired, member_id, now);
  remove_member(member_id);
  if (phase_ == group_phase::stable || phase_ == group_phase::completing_rebalance) {
    prepare_rebalance("removing member " + member_id + " on heartbeat expiration.", now);
  } else {
    complete_join_if_ready(now);
  }
}

// Whoever still waits under this id is told that the id is gone, so that a live client joins anew.
void group_state::remove_member(std::string_view member_id) {
  sessions_.erase(member_id);
  if (auto found = pending_syncs_.find(member_id); found != pending_syncs_.end()) {
    sync_arrived(std::string{member_id});
  }
  auto member = roster_.remove(member_id);
  if (!member) return;
  if (member->awaiting_join) {
    refuse_join(*member->awaiting_join, "", error_code::unknown_member_id);
  }
  if (member->awaiting_sync) refuse_sync(*member->awaiting_sync, error_code::unknown_member_id);
}

void group_state::end(group_time now) {
  if (phase_ == group_phase::dead) return;
  for (const auto& [id, _] : roster_.members()) {
    auto& member = roster_.at(id);
    join_group_response join;
    join.error_code = error_code::not_coordinator;
    join.member_id = id;
    answer_join(member, std::move(join));
    sync_group_response sync;
    sync.error_code = error_code::not_coordinator;
    answer_sync(member, std::move(sync));
    sessions_.erase(id);
  }
  join_deadline_.reset();
  sync_deadline_ms_.reset();
  pending_writes_.clear();
  move_to(group_phase::dead, now);
}

std::optional<int64_t> group_state::next_deadline_ms() const {
  if (phase_ == group_phase::dead) return std::nullopt;
  auto next = sessions_.next_ms();
  if (sync_deadline_ms_) next = std::min(next.value_or(*sync_deadline_ms_), *sync_deadline_ms_);
  if (join_deadline_) next = std::min(next.value_or(join_deadline_->at_ms), join_deadline_->at_ms);
  return next;
}

bool group_state::uses_consumer_protocol() const {
  return protocol_type_ == consumer_protocol_type;
}

bool group_state::is_subscribed_to(std::string_view topic) const {
  if (!topics_) return uses_consumer_protocol();
  return topics_->find(topic) != topics_->end();
}

std::optional<std::set<std::string, std::less<>>> group_state::read_topics() const {
  if (!uses_consumer_protocol()) return std::nullopt;
  std::set<std::string, std::less<>> topics;
  if (roster_.empty()) return topics;
  for (const auto& [_, member] : roster_.members()) {
    auto wanted = subscribed_topics(member.metadata_for(protocol_.value_or("")).view());
    if (!wanted) return std::nullopt;
    for (auto& topic : *wanted) topics.insert(std::move(topic));
  }
  return topics;
}

stored_group group_state::snapshot() const {
  stored_group stored;
  stored.protocol_type = protocol_type_.value_or("");
  stored.generation = generation_;
  stored.protocol = protocol_;
  stored.leader = roster_.leader();
  stored.state_changed_at = state_changed_at_;
  for (const auto& [id, member] : roster_.members()) {
    stored.members.push_back({id, member.instance_id, member.client_id, member.client_host,
                              member.rebalance_timeout_ms, member.session_timeout_ms,
                              member.metadata_for(protocol_.value_or("")), member.assignment});
  }
  return stored;
}

void group_state::touch(const group_member& member, group_time now) {
  sessions_.set(member.id, now.monotonic_ms + member.session_timeout_ms);
}

void group_state::move_to(group_phase phase, group_time now) {
  previous_phase_ = std::exchange(phase_, phase);
  state_changed_at_ = now.wall_ms;
}

/// Reasons hold what clients say of themselves: kept for long, so kept short.
void group_state::note(group_event_kind kind, const std::string& reason, group_time now) {
  constexpr size_t longest_reason = 1'000;
  group_event event{now.wall_ms, kind, generation_, static_cast<int32_t>(roster_.size()),
                    std::string{utf8_prefix(reason, longest_reason)}};
  actions_.events.push_back(event);
  timeline_.add(std::move(event));
}

void group_state::store(pending_write write, stored_group value) {
  const auto token = ++last_token_;
  pending_writes_.emplace(token, std::move(write));
  actions_.writes.push_back({token, std::move(value)});
}

void group_state::check_invariants() const {
  roster_.check_invariants();
  const bool has_members = !roster_.empty();
  if (phase_ == group_phase::empty) OTTLA_ASSERT(!has_members);
  if (phase_ == group_phase::stable || phase_ == group_phase::completing_rebalance) {
    OTTLA_ASSERT(has_members && protocol_ && protocol_type_);
  }
  // Whatever the group waits for, there is a time at which it stops waiting.
  if (phase_ == group_phase::preparing_rebalance) OTTLA_ASSERT(join_deadline_.has_value());
  OTTLA_ASSERT(join_deadline_.has_value() == (phase_ == group_phase::preparing_rebalance));
  OTTLA_ASSERT(sync_deadline_ms_.has_value() == !pending_syncs_.empty());
  for (const auto& id : pending_syncs_) OTTLA_ASSERT(roster_.contains(id));
  for (const auto& [_, member] : roster_.members()) {
    if (member.awaiting_sync) OTTLA_ASSERT(phase_ == group_phase::completing_rebalance);
    if (member.is_new) OTTLA_ASSERT(phase_ == group_phase::preparing_rebalance);
  }
}

}  // namespace ottla
