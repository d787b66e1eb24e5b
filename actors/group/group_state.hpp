// The state machine of one consumer group in the classic protocol: which generation it is in, what
// it is doing, and what each of its members waits for.
//
// Plain and deterministic: events come in with the time; answers and records to store go out
// through take_actions(). It knows no actor, clock or log, and follows the coordinator of Apache
// Kafka 4.3 (ClassicGroup, GroupMetadataManager). Not thread-safe: owned by one group_actor.
//
//   Empty -> PreparingRebalance -> CompletingRebalance -> Stable -> PreparingRebalance ...
//   A rebalance gathers joins, then hands the member list to the leader, whose SyncGroup brings the
//   assignment; it is stored before anybody gets it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/group/group_options.hpp"
#include "actors/group/group_records.hpp"
#include "actors/group/group_roster.hpp"
#include "actors/group/group_timeline.hpp"
#include "actors/group/member_deadlines.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/heartbeat.hpp"
#include "protocol/messages/join_group.hpp"
#include "protocol/messages/leave_group.hpp"
#include "protocol/messages/sync_group.hpp"

namespace ottla {

/// The moment of an event, on the clock for waiting and on the one for records.
struct group_time {
  int64_t monotonic_ms = 0;
  timestamp_ms wall_ms = 0;
};

/// Who sent a request.
struct group_client {
  std::string id;
  std::string host;
  api_version version = 0;
};

enum class group_phase : uint8_t { empty, preparing_rebalance, completing_rebalance, stable, dead };

/// Kafka's name of the state, e.g. "PreparingRebalance".
std::string_view group_phase_name(group_phase phase);

/// Names a record that is being stored.
using write_token = uint64_t;

struct group_write {
  write_token token = 0;
  stored_group value;
};

/// What a group wants done after an event.
struct group_actions {
  std::vector<std::pair<request_ticket, join_group_response>> joins;
  std::vector<std::pair<request_ticket, sync_group_response>> syncs;
  std::vector<group_write> writes;  ///< To be stored in this order; answered through written().
  std::vector<group_event> events;  ///< For the log.
};

/// A random id in Java's form, for new member ids.
using member_id_source = std::function<std::string()>;

/// INVALID_GROUP_ID or INVALID_SESSION_TIMEOUT, which are told before any group is looked for.
error_code check_join(const join_group_request& request, const group_options& options);

/// What a client is told when storing a group's record failed.
error_code group_error_for_append(error_code append_error);

class group_state {
public:
  /// A new, empty group.
  group_state(std::string group_id, std::shared_ptr<const group_options> options,
              member_id_source new_id, group_time now);
  /// A group as it was stored; its members' sessions start anew.
  group_state(std::string group_id, std::shared_ptr<const group_options> options,
              member_id_source new_id, const stored_group& stored, group_time now);

  // Events. Answers to joins and syncs come through take_actions(), now or later.

  void join(request_ticket ticket, const join_group_request& request, const group_client& client,
            group_time now);
  void sync(request_ticket ticket, const sync_group_request& request, group_time now);
  error_code heartbeat(const heartbeat_request& request, group_time now);
  leave_group_response leave(const leave_group_request& request, group_time now);
  /// Whether an OffsetCommit may proceed; one that may counts as a heartbeat.
  error_code check_commit(std::string_view member_id, const std::optional<std::string>& instance_id,
                          int32_t generation, group_time now);
  /// The record of `token` has been stored, or not.
  void written(write_token token, error_code error, group_time now);
  /// Something that was due at next_deadline_ms() may be due now.
  void tick(group_time now);
  /// The group is no longer here, with its records deleted or another broker as its coordinator:
  /// whoever waits is told to look for the coordinator again.
  void end(group_time now);

  [[nodiscard]] group_actions take_actions() { return std::exchange(actions_, {}); }
  /// When tick() is wanted, in monotonic milliseconds; may be earlier than anything is due.
  [[nodiscard]] std::optional<int64_t> next_deadline_ms() const;

  // Facts.

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] group_phase phase() const { return phase_; }
  [[nodiscard]] int32_t generation() const { return generation_; }
  /// Nothing for a group that has only ever stored offsets.
  [[nodiscard]] const std::optional<std::string>& protocol_type() const { return protocol_type_; }
  [[nodiscard]] const std::optional<std::string>& protocol() const { return protocol_; }
  [[nodiscard]] const group_roster& roster() const { return roster_; }
  [[nodiscard]] timestamp_ms state_changed_at() const { return state_changed_at_; }
  [[nodiscard]] const group_timeline& timeline() const { return timeline_; }
  [[nodiscard]] bool uses_consumer_protocol() const;
  /// The topics of all members' subscriptions; nothing if they are not known.
  [[nodiscard]] const std::optional<std::set<std::string, std::less<>>>& topics() const {
    return topics_;
  }
  /// Whether offsets of `topic` are in use; every topic's are, while a consumer group's
  /// subscriptions cannot be read.
  [[nodiscard]] bool is_subscribed_to(std::string_view topic) const;
  /// The record that brings this generation back after a restart.
  [[nodiscard]] stored_group snapshot() const;
  /// Aborts the process if the state contradicts itself.
  void check_invariants() const;

private:
  using assignment_map = std::map<std::string, shared_bytes, std::less<>>;

  struct assignment_write {
    int32_t generation = 0;
    assignment_map assignments;
  };
  struct empty_write {};
  /// A static member that came back under a new id; undone if that cannot be stored.
  struct replacement_write {
    request_ticket ticket = 0;
    std::string old_id;
    std::string new_id;
    std::optional<std::string> old_leader;
    bool may_skip_assignment = false;
    std::vector<group_protocol> old_protocols;
    int32_t old_rebalance_timeout_ms = 0;
    int32_t old_session_timeout_ms = 0;
  };
  using pending_write = std::variant<assignment_write, empty_write, replacement_write>;

  struct join_deadline {
    int64_t at_ms = 0;
    bool initial = false;  ///< The delay of an empty group's first rebalance, with these two:
    int32_t delay_ms = 0;
    int32_t remaining_ms = 0;
  };

  // Joining (group_join.cpp).
  [[nodiscard]] bool has_room_for(std::string_view member_id) const;
  [[nodiscard]] bool supports(const join_group_request& request) const;
  void join_new(request_ticket ticket, const join_group_request& request,
                const group_client& client, group_time now);
  void join_known(request_ticket ticket, const join_group_request& request,
                  const group_client& client, group_time now);
  void rejoin(request_ticket ticket, const join_group_request& request, const group_client& client,
              group_member& member, group_time now);
  void admit(request_ticket ticket, const join_group_request& request, const group_client& client,
             const std::string& member_id, group_time now);
  void update_and_rebalance(request_ticket ticket, const join_group_request& request,
                            const group_client& client, group_member& member,
                            const std::string& reason, group_time now);
  void replace_static(request_ticket ticket, const join_group_request& request,
                      const group_client& client, const std::string& old_id,
                      const std::string& new_id, group_time now);
  void store_replacement(replacement_write replacement);
  void replacement_written(const replacement_write& replacement, error_code error, group_time now);

  // Answering (group_answers.cpp).
  void park_join(group_member& member, request_ticket ticket);
  void park_sync(group_member& member, request_ticket ticket);
  void answer_join(group_member& member, join_group_response response);
  void answer_sync(group_member& member, sync_group_response response);
  void refuse_join(request_ticket ticket, std::string_view member_id, error_code error);
  void refuse_sync(request_ticket ticket, error_code error);
  [[nodiscard]] join_group_response current_generation(const group_member& member,
                                                       bool with_members) const;
  [[nodiscard]] sync_group_response current_assignment(const group_member& member) const;

  // Rebalancing (group_rebalance.cpp).
  void rebalance_or_complete(const std::string& reason, group_time now);
  void prepare_rebalance(const std::string& reason, group_time now);
  void complete_join_if_ready(group_time now);
  void complete_join(group_time now);
  void form_generation(group_time now);
  void become_empty(group_time now);
  void initial_delay_over(join_deadline due, group_time now);
  void sync_overdue(group_time now);
  void accept_assignment(const sync_group_request& request);
  void assignment_written(assignment_write& write, error_code error, group_time now);
  void withdraw_assignments(error_code told, group_time now);

  void restore_members(const stored_group& stored, group_time now);
  void session_over(const std::string& member_id, group_time now);
  error_code leave_one(const leave_group_request::member_identity& leaving, group_time now);
  void remove_member(std::string_view member_id);
  void sync_arrived(const std::string& member_id);
  void touch(const group_member& member, group_time now);
  void move_to(group_phase phase, group_time now);
  void note(group_event_kind kind, const std::string& reason, group_time now);
  void store(pending_write write, stored_group value);
  [[nodiscard]] std::optional<std::set<std::string, std::less<>>> read_topics() const;

  std::string id_;
  std::shared_ptr<const group_options> options_;
  member_id_source new_id_;

  group_phase phase_ = group_phase::empty;
  group_phase previous_phase_ = group_phase::dead;
  timestamp_ms state_changed_at_ = no_timestamp;  ///< -1: stored by a broker that did not keep it.
  int32_t generation_ = 0;
  std::optional<std::string> protocol_type_;
  std::optional<std::string> protocol_;
  std::optional<std::set<std::string, std::less<>>> topics_;
  group_roster roster_;
  std::set<std::string, std::less<>> pending_syncs_;  ///< Members whose SyncGroup is still to come.
  bool member_added_in_delay_ = false;

  member_deadlines sessions_;
  std::optional<join_deadline> join_deadline_;
  std::optional<int64_t> sync_deadline_ms_;

  std::map<write_token, pending_write> pending_writes_;
  write_token last_token_ = 0;
  group_actions actions_;
  group_timeline timeline_;
};

}  // namespace ottla
