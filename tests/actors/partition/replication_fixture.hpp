// A few replicas of one partition in one process: real partition and log actors, real fetchers,
// real logs on disks in memory; a network that carries one fetch when it is told to, and a
// controller that does what the test says.
#pragma once

#include <caf/send.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/partition/isr_proposals_actor.hpp"
#include "actors/partition/partition_actor.hpp"
#include "actors/partition/replica_fetcher_actor.hpp"
#include "actors/storage/disk_actor.hpp"
#include "actors/storage/log_actor.hpp"
#include "tests/storage/log_fixture.hpp"
#include "tests/support/actor_fixture.hpp"

namespace ottla {

inline const topic_partition orders{"orders", 0};
inline const uuid orders_id{{std::byte{1}, std::byte{2}}};
inline const topic_id_partition orders_key{orders_id, 0};

class silent_supervisor final : public pinned<log_supervisor::base> {
public:
  using pinned::pinned;
  behavior_type make_behavior() override {
    return {[](const directory_failed&) {}, [](const log_progressed&) {}};
  }
};

/// The way from a follower to its leader. Fetches wait until the test lets one through.
class held_peer final : public pinned<peer_handle::extend<caf::reacts_to<timer_expired>>::base> {
public:
  struct wire {
    partition_control leader;  ///< Null: cut off.
    replica_seat follower;
    size_t waiting = 0;
    std::function<void(fetch_response&)> tamper;
  };

  held_peer(caf::actor_config& config, unit& where, std::shared_ptr<wire> through)
      : pinned(config, where), wire_(std::move(through)) {}

  behavior_type make_behavior() override {
    return {[this](const ask_peer& asked) -> caf::result<peer_answer> {
              if (asked.key != api_key::fetch) return peer_answer{};  // hurries; the test does not
              waiting_.push_back({asked, make_response_promise<peer_answer>()});
              ++wire_->waiting;
              return waiting_.back().promise;
            },
            [this](const timer_expired&) { let_through(); }};
  }
  void on_exit() override {
    wire_->leader = nullptr;
    waiting_.clear();
  }

private:
  struct held {
    ask_peer asked;
    caf::typed_response_promise<peer_answer> promise;
  };

  void let_through() {
    if (waiting_.empty()) return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    --wire_->waiting;
    if (!wire_->leader) {
      next.promise.deliver(peer_answer{.failure = fault{error_code::network_exception, "cut", 0}});
      return;
    }
    auto frame = flatten(next.asked.encode(1));
    wire_reader in{frame->slice(4, frame->size() - 4)};
    auto header = decode_request_header(in);
    auto request = decode<fetch_request>(in, header.version);
    REQUIRE(request);
    REQUIRE(request->replica_state.replica_id == wire_->follower.id);
    if (!request->topics.empty()) asked_ = request->topics.front().partitions.front();
    this->request(wire_->leader, caf::infinite,
                  read_partition{.fetch_offset = asked_.fetch_offset,
                                 .max_bytes = asked_.partition_max_bytes,
                                 .at_least_one_batch = true,
                                 .current_epoch = asked_.current_leader_epoch,
                                 .last_fetched_epoch = asked_.last_fetched_epoch,
                                 .replica = wire_->follower})
        .then([=, this](read_result& result) { answer(next, result); },
              [=](const caf::error&) mutable {
                next.promise.deliver(
                    peer_answer{.failure = fault{error_code::network_exception, "gone", 0}});
              });
  }

  void answer(held next, read_result& result) {
    fetch_response response;
    fetch_response::partition_data data;
    data.error_code = result.error;
    data.high_watermark = result.high_watermark;
    data.log_start_offset = result.log_start_offset;
    if (result.diverging) {
      data.diverging_epoch = {result.diverging->epoch, result.diverging->end_offset};
    }
    auto records = flatten({result.records});
    data.records = shared_bytes::copy_of(records->view());
    response.responses.push_back({.topic_id = orders_id, .partitions = {data}});
    if (wire_->tamper) wire_->tamper(response);
    auto frame = flatten(encode_response(response, fetch_plan::version, 1));
    wire_reader in{frame->slice(4, frame->size() - 4)};
    decode_response_header(in, api_key::fetch, fetch_plan::version);
    next.promise.deliver(peer_answer{.body = frame->slice(4 + in.position(), in.remaining())});
  }

  std::shared_ptr<wire> wire_;
  std::deque<held> waiting_;
  fetch_request::fetch_partition asked_;
};

/// Decides as the test has told it to.
class test_authority final : public pinned<isr_authority_handle::base> {
public:
  using judge = std::function<isr_proposed(const propose_isr&)>;
  test_authority(caf::actor_config& config, unit& where, judge decide)
      : pinned(config, where), decide_(std::move(decide)) {}
  behavior_type make_behavior() override {
    return {[this](const alter_partitions& wanted) {
      partitions_altered answer;
      for (const auto& each : wanted.proposals) answer.answers.push_back(decide_(each));
      return answer;
    }};
  }

private:
  judge decide_;
};

/// One broker's replica.
struct replica {
  explicit replica(const replica_seat& who) : seat(who), disk(static_cast<uint64_t>(who.id)) {}

  replica_seat seat;
  memory_file_system disk;
  std::shared_ptr<file_handles> handles = std::make_shared<file_handles>(disk, 8);
  std::shared_ptr<partition_log> log;
  log_handle storage;
  partition_control partition;
  replica_fetcher_handle fetcher;
  isr_proposals_handle proposals;
  std::shared_ptr<held_peer::wire> wire;
  caf::actor peer;
};

class replication_fixture : public actor_fixture {
public:
  explicit replication_fixture(durability level = durability::replicated, int32_t min_insync = 2)
      : level_(level) {
    config_.min_insync_replicas = min_insync;
    supervisor_ = spawn_on<silent_supervisor>(system(), home());
    for (broker_id id = 1; id <= 3; ++id)
      replicas.push_back(std::make_unique<replica>(seat(id, 10)));
    record.seats = {{1, 2, 3}, {seat(1, 10), seat(2, 10), seat(3, 10)}, 0};
    record.epoch = 0;
    record.leader = 1;
    for (auto& each : replicas) open(*each, last_shutdown::clean);
    announce();
  }
  ~replication_fixture() override {
    for (auto& each : replicas) end(*each);
    for (auto& each : authorities_) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    for (auto& each : disks_) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
    settle();
    supervisor_ = nullptr;
  }

  static replica_seat seat(broker_id id, broker_epoch epoch) { return {id, epoch}; }
  replica& at(broker_id id) { return *replicas[static_cast<size_t>(id - 1)]; }

  // --- the controller ---

  /// Tells every replica that runs what the record says.
  void announce() {
    for (auto& each : replicas) tell(*each);
    settle();
  }
  void tell(replica& to) {
    if (!to.partition) return;
    caf::anon_send(to.partition, assignment_for(to));
    if (record.leader == to.seat.id || record.leader == no_broker) {
      caf::anon_send(to.fetcher, unfollow_partition{orders_key});
    } else {
      to.wire->leader = at(record.leader).partition;
      caf::anon_send(to.fetcher,
                     follow_partition{orders_key, caf::actor_cast<partition_follower>(to.partition),
                                      record.epoch});
    }
  }
  void elect(broker_id leader, std::vector<replica_seat> isr) {
    record.leader = leader;
    record.seats.isr = std::move(isr);
    ++record.epoch;
    ++record.seats.partition_epoch;
    announce();
  }
  isr_proposed judge(const propose_isr& wish) {
    const auto& proposal = wish.proposal;
    if (proposal.epoch != record.epoch ||
        proposal.partition_epoch != record.seats.partition_epoch) {
      return {.refusal = isr_refusal::superseded};
    }
    for (const auto& member : proposal.isr) {
      if (at(member.id).seat != member) return {.refusal = isr_refusal::not_applied};
    }
    record.seats.isr = proposal.isr;
    ++record.seats.partition_epoch;
    return {.committed = record.seats};
  }

  // --- the network ---

  /// One fetch of this follower goes to its leader and comes back.
  void fetch(broker_id follower) {
    if (at(follower).wire->waiting == 0) pass(200);
    caf::anon_send(at(follower).peer, timer_expired{});
    settle();
  }
  void fetch_all(int times = 3) {
    for (int i = 0; i < times; ++i) {
      for (auto& each : replicas) {
        if (each->partition && each->seat.id != record.leader) fetch(each->seat.id);
      }
    }
  }

  // --- clients ---

  struct outcome_of_append {
    std::optional<append_result> result;
  };
  std::shared_ptr<outcome_of_append> append(const std::string& value, int16_t acks = acks_all) {
    auto seen = std::make_shared<outcome_of_append>();
    ask<append_result>(at(record.leader).partition,
                       append_batch{.batch = batch_of({value}, time.wall_ms()), .acks = acks},
                       [seen](append_result& result) { seen->result = std::move(result); });
    return seen;
  }
  partition_description describe(broker_id id) {
    partition_description facts;
    ask<partition_description>(at(id).partition, query_partition{},
                               [&](partition_description& found) { facts = found; });
    return facts;
  }
  offset_result latest(broker_id id) {
    offset_result found;
    ask<offset_result>(at(id).partition, query_offset{},
                       [&](offset_result& result) { found = result; });
    return found;
  }
  void delete_before(broker_id leader, log_offset offset) {
    ask<delete_records_result>(
        at(leader).partition, delete_records_before{offset},
        [](delete_records_result& result) { REQUIRE(result.error == error_code::none); });
  }
  std::vector<std::string> contents(broker_id id) {
    std::vector<std::string> values;
    for (const auto& [offset, value] : read_all(*at(id).log, at(id).log->log_start())) {
      values.push_back(value);
    }
    return values;
  }

  // --- life and death ---

  void stop(broker_id id) { end(at(id)); }
  /// The machine loses power and comes back under a new broker epoch.
  void lose_power(broker_id id) {
    auto& broken = at(id);
    end(broken);
    broken.disk.cut_power();
    restart(broken, last_shutdown::machine_crash);
  }
  void restart(replica& stopped, last_shutdown last) {
    ++stopped.seat.epoch;
    open(stopped, last);
    tell(stopped);
    settle();
  }

  std::vector<std::unique_ptr<replica>> replicas;
  partition_assignment record;  ///< What the controller has decided; the role is each one's own.
  /// Of all leaders, and of all followers.
  std::shared_ptr<replication_quota> sending = std::make_shared<replication_quota>();
  std::shared_ptr<replication_quota> taking = std::make_shared<replication_quota>();

private:
  template <class Result, class Handle, class Request, class Then>
  void ask(const Handle& whom, Request request, Then then) {
    class asker final : public pinned<caf::typed_actor<caf::reacts_to<timer_expired>>::base> {
    public:
      asker(caf::actor_config& config, unit& where, std::function<void(asker&)> begin)
          : pinned(config, where), begin_(std::move(begin)) {}
      behavior_type make_behavior() override {
        return {[this](const timer_expired&) { begin_(*this); }};
      }

    private:
      std::function<void(asker&)> begin_;
    };
    auto one = spawn_on<asker>(system(), home(),
                               std::function<void(asker&)>{
                                   [whom, request = std::move(request), then](asker& self) mutable {
                                     self.request(whom, caf::infinite, std::move(request))
                                         .then([&self, then](Result& result) mutable {
                                           then(result);
                                           self.quit();
                                         });
                                   }});
    caf::anon_send(one, timer_expired{});
    settle();
  }

  partition_assignment assignment_for(const replica& to) {
    auto mine = record;
    mine.config = config_;
    mine.level = level_;
    mine.role = record.leader == to.seat.id  ? partition_role::leader
                : record.leader == no_broker ? partition_role::offline
                                             : partition_role::follower;
    return mine;
  }

  static bool everything(const topic_id_partition&) { return true; }

  void open(replica& which, last_shutdown last) {
    which.handles = std::make_shared<file_handles>(which.disk, 8);
    auto opened =
        partition_log::open(*which.handles, "data/orders-0", {}, {last, 0, 0, time.wall_ms()});
    if (!opened) FAIL(opened.error().message);
    which.log = std::move(*opened);
    log_facts facts{.log_start_offset = which.log->log_start(),
                    .log_end_offset = which.log->log_end(),
                    .flushed_offset = which.log->recovery_point(),
                    .latest_epoch = which.log->latest_epoch()};
    auto disk = spawn_on<disk_actor>(system(), home(), which.handles);
    disks_.push_back(caf::actor_cast<caf::actor>(disk));
    which.storage = spawn_on<log_actor>(
        system(), home(),
        log_setup{.which = orders_key,
                  .log = which.log,
                  .config = config_,
                  .level = level_,
                  .disks = {.flusher = disk,
                            .reader = disk,
                            .space = std::make_shared<free_space>(which.disk, "data", 0)},
                  .supervisor = supervisor_});
    auto authority = spawn_on<test_authority>(
        system(), home(),
        test_authority::judge{[this](const propose_isr& wish) { return judge(wish); }});
    authorities_.push_back(caf::actor_cast<caf::actor>(authority));
    which.proposals = spawn_on<isr_proposals_actor>(
        system(), home(), which.seat, caf::actor_cast<isr_authority_handle>(authority));
    partition_setup setup{.which = orders,
                          .topic_id = orders_id,
                          .log = which.storage,
                          .facts = facts,
                          .assignment = assignment_for(which),
                          .self = which.seat,
                          .proposals = which.proposals,
                          .may_join =
                              [this](const replica_seat& seat) {
                                return at(seat.id).seat == seat && at(seat.id).partition;
                              },
                          .throttle = {sending, everything}};
    setup.assignment.role = partition_role::offline;  // until it is told
    setup.assignment.epoch = no_leader_epoch;
    setup.assignment.seats.partition_epoch = -1;
    which.partition = spawn_on<partition_actor>(system(), home(), std::move(setup));
    which.wire = std::make_shared<held_peer::wire>();
    which.wire->follower = which.seat;
    auto peer = spawn_on<held_peer>(system(), home(), which.wire);
    which.peer = caf::actor_cast<caf::actor>(peer);
    which.fetcher = spawn_on<replica_fetcher_actor>(
        system(), home(),
        replica_fetcher_setup{.self = which.seat,
                              .leader = caf::actor_cast<peer_handle>(peer),
                              .throttle = {taking, everything}});
  }

  void end(replica& which) {
    if (!which.partition) return;
    caf::anon_send_exit(which.fetcher, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(which.peer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(which.partition, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(which.proposals, caf::exit_reason::user_shutdown);
    for (auto& each : replicas) {
      if (each->wire && each->wire->leader == which.partition) each->wire->leader = nullptr;
    }
    settle();
    which.fetcher = nullptr;
    which.peer = nullptr;
    which.partition = nullptr;
    which.storage = nullptr;
    which.proposals = nullptr;
    which.log.reset();
  }

  const durability level_;
  topic_config config_;
  log_supervisor supervisor_;
  std::vector<caf::actor> authorities_, disks_;
};

}  // namespace ottla
