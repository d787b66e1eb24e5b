#include "actors/admin/group_membership.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "actors/admin/range_assignor.hpp"
#include "actors/group/consumer_subscription.hpp"

namespace ottla {
namespace {

constexpr int32_t rebalance_timeout_ms = 30'000;
constexpr int64_t retry_ms = 500;
constexpr int64_t revoke_ms = 5'000;
constexpr int64_t commit_pause_ms = 1'000;
constexpr int troubles_before_told = 4;

int64_t heartbeat_ms(const join_question& wanted) {
  return std::min<int64_t>(3'000, wanted.session_timeout_ms / 3);
}

fault fault_of(error_code error) {
  return {error, std::string{error_text(error)}, 0};
}

/// Passes by itself: asking again is right.
bool is_passing(error_code error) {
  return error == error_code::not_coordinator || error == error_code::coordinator_not_available ||
         error == error_code::coordinator_load_in_progress;
}

group_positions positions_of(const std::map<topic_partition, log_offset>& offsets) {
  group_positions all;
  for (const auto& [which, offset] : offsets) all.push_back({which.topic, which.partition, offset});
  return all;
}

}  // namespace

group_membership::group_membership(join_question wanted, membership_port& port)
    : wanted_(std::move(wanted)), port_(port) {}

std::map<std::string, int32_t> group_membership::partition_counts() {
  std::map<std::string, int32_t> counts;
  for (const auto& topic : wanted_.topics) counts[topic] = port_.partition_count(topic);
  return counts;
}

// --- joining ---

void group_membership::join() {
  phase_ = phase::joining;
  owned_.clear();
  pending_.clear();
  join_group_request request{.group_id = wanted_.group,
                             .session_timeout_ms = wanted_.session_timeout_ms,
                             .rebalance_timeout_ms = rebalance_timeout_ms,
                             .member_id = member_id_,
                             .group_instance_id = wanted_.instance,
                             .protocol_type = consumer_protocol_type};
  request.protocols.push_back({range_assignor_name, encode_subscription(wanted_.topics)});
  port_.ask(std::move(request));
}

void group_membership::join_again_later(const fault& why) {
  tell(why);
  phase_ = phase::joining;
  port_.arm(membership_timer::retry, retry_ms);
}

/// Once, and not of what is over in a moment: a first group makes the broker create a topic.
void group_membership::tell(const fault& why) {
  if (++troubles_ == troubles_before_told) port_.hear(group_trouble{why, false});
}

void group_membership::give_up(const fault& why) {
  phase_ = phase::over;
  port_.hear(group_trouble{why, true});
}

void group_membership::answered(const join_group_response& response) {
  if (phase_ != phase::joining) return;
  switch (response.error_code) {
    case error_code::none:
      break;
    case error_code::member_id_required:
      member_id_ = response.member_id;
      return join();
    case error_code::unknown_member_id:
      member_id_.clear();
      return join();
    case error_code::rebalance_in_progress:
      return port_.arm(membership_timer::retry, retry_ms);
    default:
      if (is_passing(response.error_code)) return join_again_later(fault_of(response.error_code));
      return give_up(fault_of(response.error_code));
  }
  member_id_ = response.member_id;
  generation_ = response.generation_id;
  phase_ = phase::syncing;
  sync_group_request request{.group_id = wanted_.group,
                             .generation_id = generation_,
                             .member_id = member_id_,
                             .group_instance_id = wanted_.instance,
                             .protocol_type = consumer_protocol_type,
                             .protocol_name = range_assignor_name};
  is_leader_ = response.leader == member_id_;
  if (is_leader_ && !response.skip_assignment) assign(response, request);
  port_.ask(std::move(request));
  port_.arm(membership_timer::heartbeat, heartbeat_ms(wanted_));
}

/// As the leader of the group.
void group_membership::assign(const join_group_response& response, sync_group_request& request) {
  std::vector<subscribed_member> members;
  for (const auto& each : response.members) {
    members.push_back(
        {each.member_id, each.group_instance_id,
         subscribed_topics(each.metadata.view()).value_or(std::vector<std::string>{})});
  }
  counts_ = partition_counts();
  const auto assigned = assign_ranges(
      members, [this](const std::string& topic) { return port_.partition_count(topic); });
  for (const auto& [member, partitions] : assigned) {
    request.assignments.push_back({member, encode_assignment(partitions)});
  }
}

void group_membership::answered(const sync_group_response& response) {
  if (phase_ != phase::syncing) return;
  switch (response.error_code) {
    case error_code::none:
      break;
    case error_code::rebalance_in_progress:
    case error_code::illegal_generation:
      return join();
    case error_code::unknown_member_id:
      member_id_.clear();
      return join();
    default:
      if (is_passing(response.error_code)) return join_again_later(fault_of(response.error_code));
      return give_up(fault_of(response.error_code));
  }
  owned_ = assigned_partitions(response.assignment.view());
  fetch_offsets();
}

void group_membership::fetch_offsets() {
  phase_ = phase::fetching;
  offset_fetch_request request;
  auto& of_group = request.groups.emplace_back();
  of_group.group_id = wanted_.group;
  auto& topics = of_group.topics.emplace();
  for (const auto& each : owned_) {
    if (topics.empty() || topics.back().name != each.topic) topics.push_back({each.topic, {}, {}});
    topics.back().partition_indexes.push_back(each.partition);
  }
  port_.ask(std::move(request));
}

void group_membership::answered(const offset_fetch_response& response) {
  if (phase_ != phase::fetching) return;
  auto error = response.groups.empty() ? error_code::unknown_server_error
                                       : response.groups.front().error_code;
  group_assigned news{.generation = generation_, .member_id = member_id_};
  if (error == error_code::none) {
    for (const auto& topic : response.groups.front().topics) {
      for (const auto& each : topic.partitions) {
        news.positions.push_back({topic.name, each.partition_index, each.committed_offset});
        if (each.error_code != error_code::none) error = each.error_code;
      }
    }
  }
  if (error != error_code::none) return join_again_later(fault_of(error));
  troubles_ = 0;
  phase_ = phase::stable;
  port_.hear(std::move(news));
}

// --- staying ---

void group_membership::timer(membership_timer kind) {
  switch (kind) {
    case membership_timer::retry:
      if (phase_ == phase::joining) join();
      return;
    case membership_timer::revoke:
      if (phase_ == phase::revoking) commit_pending();
      return;
    case membership_timer::commit:
      must_pause_ = false;
      if (phase_ == phase::stable && !pending_.empty()) commit_pending();
      return;
    case membership_timer::heartbeat:
      break;
  }
  if (phase_ == phase::over || phase_ == phase::joining) return;
  port_.arm(membership_timer::heartbeat, heartbeat_ms(wanted_));
  port_.ask(heartbeat_request{.group_id = wanted_.group,
                              .generation_id = generation_,
                              .member_id = member_id_,
                              .group_instance_id = wanted_.instance});
  // Partitions that a topic has got since belong to nobody until the group is assigned anew.
  if (phase_ == phase::stable && is_leader_ && counts_ != partition_counts()) rebalance();
}

void group_membership::answered(const heartbeat_response& response) {
  if (phase_ != phase::stable) return;
  switch (response.error_code) {
    case error_code::none:
      troubles_ = 0;
      return;
    case error_code::rebalance_in_progress:
      return rebalance();
    case error_code::illegal_generation:
    case error_code::unknown_member_id:
      return lose(response.error_code);
    default:
      if (!is_passing(response.error_code)) return give_up(fault_of(response.error_code));
  }
}

void group_membership::rebalance() {
  if (owned_.empty()) return join();
  phase_ = phase::revoking;
  port_.hear(group_revoked{});
  if (phase_ == phase::revoking) port_.arm(membership_timer::revoke, revoke_ms);
}

/// The group has gone on without it.
void group_membership::lose(error_code why) {
  if (why == error_code::unknown_member_id) member_id_.clear();
  if (!owned_.empty()) port_.hear(group_revoked{.is_lost = true});
  is_committing_ = false;
  join();
}

void group_membership::unanswered(const fault& why) {
  if (phase_ == phase::over) return;
  if (phase_ == phase::joining || phase_ == phase::syncing || phase_ == phase::fetching) {
    return join_again_later(why);
  }
  // A stable member keeps what it has until its coordinator says otherwise.
  tell(why);
  if (!std::exchange(is_committing_, false)) return;
  pending_.merge(under_way_);
  if (phase_ == phase::revoking) return join();
  port_.arm(membership_timer::commit, commit_pause_ms);
}

// --- committing ---

void group_membership::commit(const group_positions& positions) {
  if (phase_ != phase::stable && phase_ != phase::revoking) return;
  for (const auto& each : positions) {
    const topic_partition which{each.topic, each.partition};
    if (std::ranges::binary_search(owned_, which)) pending_[which] = each.offset;
  }
  if (phase_ == phase::stable && (must_pause_ || pending_.empty())) return;
  commit_pending();
}

/// In the end of a revoke also without anything to commit: then the group is joined again.
void group_membership::commit_pending() {
  if (is_committing_) return;
  if (pending_.empty()) {
    if (phase_ == phase::revoking) join();
    return;
  }
  is_committing_ = true;
  under_way_ = std::exchange(pending_, {});
  offset_commit_request request{.group_id = wanted_.group,
                                .generation_id_or_member_epoch = generation_,
                                .member_id = member_id_,
                                .group_instance_id = wanted_.instance};
  for (const auto& [which, offset] : under_way_) {
    if (request.topics.empty() || request.topics.back().name != which.topic) {
      request.topics.emplace_back().name = which.topic;
    }
    auto& added = request.topics.back().partitions.emplace_back();
    added.partition_index = which.partition;
    added.committed_offset = offset;
    added.committed_metadata = "";
  }
  must_pause_ = true;
  port_.arm(membership_timer::commit, commit_pause_ms);
  port_.ask(std::move(request));
}

void group_membership::answered(const offset_commit_response& response) {
  if (!std::exchange(is_committing_, false)) return;
  std::set<error_code> errors;
  for (const auto& topic : response.topics) {
    for (const auto& each : topic.partitions) {
      if (each.error_code == error_code::none) continue;
      errors.insert(each.error_code);
      under_way_.erase({topic.name, each.partition_index});
    }
  }
  if (!under_way_.empty()) port_.hear(group_committed{positions_of(under_way_)});
  under_way_.clear();
  for (auto each : errors) {
    if (phase_ == phase::stable || phase_ == phase::revoking) commit_refused(each);
  }
  if (phase_ == phase::revoking) commit_pending();
}

void group_membership::commit_refused(error_code why) {
  if (why == error_code::unknown_member_id || why == error_code::illegal_generation) {
    return lose(why);
  }
  port_.hear(group_trouble{fault_of(why), false});
}

void group_membership::leave(bool for_good) {
  if (phase_ == phase::over) return;
  const bool is_member = phase_ != phase::joining || !member_id_.empty();
  if (!pending_.empty() && !is_committing_ && phase_ != phase::joining) commit_pending();
  phase_ = phase::over;
  if (!is_member || (wanted_.instance && !for_good)) return;
  leave_group_request request{.group_id = wanted_.group};
  request.members.push_back({member_id_, wanted_.instance, std::nullopt});
  port_.ask(std::move(request));
}

}  // namespace ottla
