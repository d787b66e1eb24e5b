// A coordinator with its groups on the test scheduler, over a partition that is a list of batches:
// it stamps offsets, keeps its batches over a restart of the coordinator, and acknowledges when the
// test lets it.
#pragma once

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/group/coordinator_actor.hpp"
#include "actors/interfaces.hpp"
#include "protocol/record_batch.hpp"
#include "tests/actors/group/group_fixture.hpp"
#include "tests/support/actor_fixture.hpp"

namespace ottla::testing {

struct listed_batches {
  std::vector<shared_bytes> batches;
  log_offset end = 0;
  error_code refuse = error_code::none;  ///< What appends are answered.
  bool hold = false;                     ///< Appends are answered by release().
  bool leads = true;
  bool hidden = false;  ///< The high watermark has not moved yet.
  size_t appends = 0;
  std::vector<std::pair<caf::typed_response_promise<append_result>, append_result>> held;
};

class listed_partition final : public pinned<partition_handle::base> {
public:
  listed_partition(caf::actor_config& config, unit& where, std::shared_ptr<listed_batches> log)
      : pinned(config, where), log_(std::move(log)) {}

  behavior_type make_behavior() override {
    return {[this](append_batch& wanted) { return append(wanted); },
            [this](const read_partition& wanted) { return read(wanted); },
            // No coordinator says this to a partition: here it lets go of held answers, which
            // only the actor itself may deliver.
            [this](const unwatch_partition&) {
              for (auto& [promise, result] : std::exchange(log_->held, {})) promise.deliver(result);
            },
            [](const query_offset&) { return offset_result{}; },
            [](const query_epoch_end&) { return epoch_end_result{}; },
            [](const delete_records_before&) { return delete_records_result{}; },
            [](const query_producers&) { return producers_result{}; },
            [this](const query_partition&) {
              partition_description facts;
              facts.log_end_offset = log_->end;
              facts.is_leader = log_->leads;
              return facts;
            }};
  }

private:
  caf::result<append_result> append(append_batch& wanted) {
    ++log_->appends;
    append_result result;
    result.error = log_->refuse;
    if (result.error == error_code::none) {
      auto view = record_batch_view::parse(wanted.batch.view());
      stamp(wanted.batch.writable(), log_->end, 0);
      log_->end += view->header().record_count;
      log_->batches.push_back(wanted.batch);
    }
    if (!log_->hold) return result;
    auto promise = make_response_promise<append_result>();
    log_->held.emplace_back(promise, result);
    return promise;
  }

  read_result read(const read_partition& wanted) const {
    read_result result;
    if (log_->hidden) return result;
    for (const auto& batch : log_->batches) {  // One batch at a time: every read is a step.
      auto view = record_batch_view::parse(batch.view());
      if (view->header().next_offset() <= wanted.fetch_offset) continue;
      result.records = batch;
      break;
    }
    return result;
  }

  std::shared_ptr<listed_batches> log_;
};

/// A partition that is a list of batches.
class listed_partition_fixture : public actor_fixture {
public:
  listed_partition_fixture() {
    partition =
        caf::actor_cast<partition_handle>(spawn_on<listed_partition>(system(), home(), log));
  }
  ~listed_partition_fixture() override {
    caf::anon_send_exit(partition, caf::exit_reason::user_shutdown);
    settle();
    partition = nullptr;
  }

  std::shared_ptr<listed_batches> log = std::make_shared<listed_batches>();
  partition_handle partition;
};

/// A coordinator over the partition of `Base`, and what clients ask of it.
template <class Base>
class with_coordinator : public Base {
public:
  using Base::home;
  using Base::partition;
  using Base::settle;
  using Base::system;

  template <class... Arguments>
  explicit with_coordinator(Arguments&&... arguments)
      : Base(std::forward<Arguments>(arguments)...) {
    options->initial_rebalance_delay_ms = 0;
    // CAF dereferences the tuple of arguments even where there are none: hence the zero.
    finder = system().spawn(
        [this](partition_finder::pointer, int) -> partition_finder::behavior_type {
          return {[this](const find_partition&) {
            return partition_found{caf::actor_cast<partition_handle>(partition), {}};
          }};
        },
        0);
  }
  ~with_coordinator() override {
    stop();
    caf::anon_send_exit(finder, caf::exit_reason::user_shutdown);
    settle();
    finder = nullptr;
  }

  void start() {
    coordinator_setup setup;
    setup.subject = "__consumer_offsets-0";
    setup.options = options;
    setup.finder = finder;
    coordinator = caf::actor_cast<coordinator_handle>(
        spawn_on<coordinator_actor>(system(), home(), std::move(setup)));
    caf::anon_send(coordinator, start_coordinating{{}, 1});
    settle();
  }
  void stop() {
    caf::anon_send_exit(coordinator, caf::exit_reason::user_shutdown);
    settle();
    coordinator = nullptr;
  }

  /// Asks and lets everything run; the answer is there unless the coordinator waits for something.
  template <class Response, class Question>
  std::shared_ptr<std::optional<Response>> ask(Question question) {
    auto answer = std::make_shared<std::optional<Response>>();
    auto say = [to = coordinator, question, answer](caf::event_based_actor* self, int) {
      self->request(to, caf::infinite, question)
          .then([answer](const Response& response) { *answer = response; },
                [self](const caf::error&) { self->quit(); });
    };
    system().spawn(say, 0);
    settle();
    return answer;
  }

  auto join(const client_member& who, const std::string& group = "g") {
    join_group_request request;
    request.group_id = group;
    request.member_id = who.id;
    request.group_instance_id = who.instance;
    request.session_timeout_ms = who.session_ms;
    request.rebalance_timeout_ms = who.rebalance_ms;
    request.protocol_type = who.protocol_type;
    for (const auto& name : who.protocols) {
      request.protocols.push_back({name, subscription_to(who.topics)});
    }
    return ask<join_group_response>(
        join_group_call{request, {"client", "/127.0.0.1", who.version}});
  }

  auto sync(const client_member& who, const std::string& assignment) {
    sync_group_request request;
    request.group_id = "g";
    request.member_id = who.id;
    request.generation_id = who.generation;
    if (!assignment.empty()) {
      request.assignments.push_back({who.id, shared_bytes::copy_of(assignment)});
    }
    return ask<sync_group_response>(request);
  }

  auto commit(const std::string& group, const std::string& topic, log_offset offset,
              const client_member& who = {}, const uuid& committed_id = {}) {
    commit_offsets_call call;
    call.version = 9;
    call.request.group_id = group;
    call.request.member_id = who.id;
    call.request.generation_id_or_member_epoch = who.generation;
    call.request.topics.push_back({topic, committed_id, {{0, offset, -1, std::nullopt}}});
    return ask<offset_commit_response>(call);
  }

  auto fetch(const std::string& group, const std::string& topic, bool require_stable = false) {
    fetch_offsets_call call;
    call.require_stable = require_stable;
    call.request.group_id = group;
    call.request.topics.emplace().push_back({topic, {}, {0}});
    return ask<fetched_offsets>(call);
  }
  log_offset committed(const std::string& group, const std::string& topic) {
    return (*fetch(group, topic))->topics.at(0).partitions.at(0).committed_offset;
  }

  std::string state_of(const std::string& group) {
    return (*ask<group_description>(describe_group_call{group, 5}))->group_state;
  }
  auto listed(const list_groups_request& request = {}) {
    return (*ask<list_groups_response>(list_groups_call{request}))->groups;
  }
  heartbeat_response heartbeat(const client_member& who) {
    return **ask<heartbeat_response>(heartbeat_request{"g", who.generation, who.id, who.instance});
  }

  /// A stable group "g" of one member.
  client_member stable_member() {
    client_member member;
    member.version = 3;
    auto joined = *join(member);
    member.id = joined->member_id;
    member.generation = joined->generation_id;
    sync(member, "all");
    return member;
  }

  std::shared_ptr<group_options> options = std::make_shared<group_options>();
  partition_finder finder;
  coordinator_handle coordinator;
};

class coordinator_fixture : public with_coordinator<listed_partition_fixture> {
public:
  coordinator_fixture() { start(); }

  /// Answers the appends that were held.
  void release() {
    caf::anon_send(partition, unwatch_partition{});
    settle();
  }
};

inline error_code error_of(const std::shared_ptr<std::optional<offset_commit_response>>& answer) {
  return (*answer)->topics.at(0).partitions.at(0).error_code;
}

}  // namespace ottla::testing
