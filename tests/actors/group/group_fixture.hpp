// A group_state with its surroundings: a clock that stands still, a store that acknowledges, and a
// list of what was answered.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/group/group_state.hpp"
#include "protocol/wire_writer.hpp"

namespace ottla::testing {

/// What a consumer's subscription looks like on the wire.
inline shared_bytes subscription_to(const std::vector<std::string>& topics) {
  wire_writer out;
  out.int16(1);
  out.array_count(topics.size());
  for (const auto& topic : topics) out.string(topic);
  out.nullable_bytes(std::nullopt);
  out.array_count(0);
  return out.finish_flat();
}

/// A member as a client sees itself.
struct client_member {
  std::string id;
  std::optional<std::string> instance;
  std::vector<std::string> protocols = {"range"};
  std::string protocol_type = "consumer";
  std::vector<std::string> topics = {"orders"};
  int32_t session_ms = 10'000;
  int32_t rebalance_ms = 60'000;
  api_version version = 9;
  std::optional<std::string> reason;
  int32_t generation = -1;
};

class group_fixture {
public:
  explicit group_fixture(group_options options = no_initial_delay())
      : options_(std::make_shared<group_options>(options)) {
    state.emplace("g", options_, [this] { return "id" + std::to_string(++ids_); }, now);
  }

  static group_options no_initial_delay() {
    group_options options;
    options.initial_rebalance_delay_ms = 0;
    return options;
  }

  /// Sends JoinGroup; the answer is in joins[ticket] when there is one.
  request_ticket join(const client_member& who) {
    join_group_request request;
    request.group_id = "g";
    request.member_id = who.id;
    request.group_instance_id = who.instance;
    request.session_timeout_ms = who.session_ms;
    request.rebalance_timeout_ms = who.rebalance_ms;
    request.protocol_type = who.protocol_type;
    request.reason = who.reason;
    for (const auto& name : who.protocols) {
      request.protocols.push_back({name, subscription_to(who.topics)});
    }
    auto ticket = ++tickets_;
    state->join(ticket, request, {"client", "/127.0.0.1", who.version}, now);
    settle();
    return ticket;
  }

  /// Joins in the two steps of KIP-394 and returns the second ticket; `who` gets its id.
  request_ticket join_twice(client_member& who) {
    auto ticket = join(who);
    auto answer = joins.find(ticket);
    if (answer == joins.end() || answer->second.error_code != error_code::member_id_required) {
      return ticket;
    }
    who.id = answer->second.member_id;
    return join(who);
  }

  /// Takes over what the answer to `ticket` says about the member.
  void learn(client_member& who, request_ticket ticket) {
    who.id = joins.at(ticket).member_id;
    who.generation = joins.at(ticket).generation_id;
  }

  request_ticket sync(const client_member& who,
                      const std::map<std::string, std::string>& assignments = {}) {
    sync_group_request request;
    request.group_id = "g";
    request.member_id = who.id;
    request.group_instance_id = who.instance;
    request.generation_id = who.generation;
    request.protocol_type = who.protocol_type;
    for (const auto& [id, text] : assignments) {
      request.assignments.push_back({id, shared_bytes::copy_of(text)});
    }
    return sync(request);
  }
  request_ticket sync(const sync_group_request& request) {
    auto ticket = ++tickets_;
    state->sync(ticket, request, now);
    settle();
    return ticket;
  }

  error_code heartbeat(const client_member& who) {
    heartbeat_request request{"g", who.generation, who.id, who.instance};
    auto error = state->heartbeat(request, now);
    settle();
    return error;
  }

  leave_group_response leave(const std::vector<leave_group_request::member_identity>& members) {
    leave_group_request request;
    request.members = members;
    auto response = state->leave(request, now);
    settle();
    return response;
  }

  error_code commit(const client_member& who) {
    auto error = state->check_commit(who.id, who.instance, who.generation, now);
    settle();
    return error;
  }

  /// Lets time pass as a timer would: each deadline at its moment.
  void pass(int64_t duration_ms) {
    const auto until = now.monotonic_ms + duration_ms;
    for (auto due = state->next_deadline_ms(); due && *due <= until;
         due = state->next_deadline_ms()) {
      move_to(std::max(*due, now.monotonic_ms));
      state->tick(now);
      settle();
    }
    move_to(until);
  }

  void written(write_token token, error_code error = error_code::none) {
    state->written(token, error, now);
    settle();
  }

  /// A stable group of `count` members; the first leads.
  std::vector<client_member> stable(size_t count, const client_member& like = {}) {
    std::vector<client_member> members(count, like);
    std::vector<request_ticket> tickets(count);
    for (size_t i = 0; i < count; ++i) {
      if (like.instance) members[i].instance = *like.instance + std::to_string(i);
      tickets[i] = join_twice(members[i]);
      // Whoever was in before joins again and the generation is complete.
      for (size_t j = 0; j < i; ++j) tickets[j] = join(members[j]);
      for (size_t j = 0; j <= i; ++j) learn(members[j], tickets[j]);
    }
    sync_all(members);
    return members;
  }

  /// The leader first, as the members of a real group end up doing.
  void sync_all(const std::vector<client_member>& members) {
    std::map<std::string, std::string> assignments;
    for (const auto& member : members) assignments[member.id] = "for " + member.id;
    for (const auto& member : members) {
      const bool leads = state->roster().is_leader(member.id);
      sync(member, leads ? assignments : std::map<std::string, std::string>{});
    }
  }

  group_time now{1'000'000, 1'700'000'000'000};
  std::optional<group_state> state;
  bool acknowledge_writes = true;
  std::map<request_ticket, join_group_response> joins;
  std::map<request_ticket, sync_group_response> syncs;
  std::vector<group_write> writes;

private:
  void move_to(int64_t monotonic_ms) {
    now.wall_ms += monotonic_ms - now.monotonic_ms;
    now.monotonic_ms = monotonic_ms;
  }

  void settle() {
    for (;;) {
      state->check_invariants();
      auto actions = state->take_actions();
      for (auto& [ticket, answer] : actions.joins) joins.emplace(ticket, std::move(answer));
      for (auto& [ticket, answer] : actions.syncs) syncs.emplace(ticket, std::move(answer));
      for (auto& write : actions.writes) {
        writes.push_back(write);
        if (acknowledge_writes) state->written(write.token, error_code::none, now);
      }
      if (actions.writes.empty()) return;
    }
  }

  std::shared_ptr<const group_options> options_;
  int ids_ = 0;
  request_ticket tickets_ = 0;
};

}  // namespace ottla::testing
