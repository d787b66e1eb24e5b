// One replica of one partition: decides admission, the high watermark and acks, and wakes waiting
// fetches. The log actor beside it, on the same unit, owns the files.
//
// produce: append -> log_append -> (log) -> answered at once, or parked until the high watermark
// passes; fetch: read_partition -> log_read below the high watermark -> file ranges. As a follower
// it hears from a fetcher what its leader has (partition_follower.cpp, docs/replication.md).
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/partition/fetch_watches.hpp"
#include "actors/partition/pending_acks.hpp"
#include "actors/partition/replica_progress.hpp"
#include "actors/partition/replication_quota.hpp"
#include "actors/runtime/owed_answer.hpp"
#include "actors/runtime/pinned.hpp"
#include "actors/runtime/unit.hpp"

namespace ottla {

/// What a partition is born with. `log` is attached before the first message.
struct partition_setup {
  topic_partition which;
  uuid topic_id;
  log_handle log;
  log_facts facts;  ///< Of the log as it was opened.
  partition_assignment assignment;
  log_offset high_watermark = 0;  ///< As last saved: a beginning where there are other replicas.
  replica_seat self;
  isr_proposals_handle proposals;  ///< May be null where no partition has a second replica.
  std::function<bool(const replica_seat&)> may_join = [](const replica_seat&) { return true; };
  replica_throttle throttle;  ///< Of what this broker sends as a leader.
};

class partition_actor final : public pinned<partition_control::base> {
public:
  partition_actor(caf::actor_config& config, unit& where, partition_setup setup);

  const char* name() const override { return "partition"; }
  behavior_type make_behavior() override;
  void on_exit() override;
  /// While the log is at rest, what needs it stays in the mailbox.
  caf::invoke_message_result consume(caf::mailbox_element& message) override;

private:
  using append_promise = owed_answer<append_result>;
  using read_promise = owed_answer<read_result>;
  using position_promise = owed_answer<follower_position>;
  struct parked_append {
    append_promise promise;
    append_result result;
    bool all = true;  ///< acks=all: enough replicas must be in sync when it is answered.
  };
  struct waiting_follower {
    position_promise promise;
    follower_position position;
  };
  enum timer_token : uint64_t { ack_token = 0, look_token = 1 };

  caf::result<append_result> append(append_batch& request);
  void appended(const log_appended& ended, int16_t acks, int64_t deadline_ms,
                append_promise promise);
  caf::result<read_result> read(const read_partition& request);
  read_result answer_without_log(const read_partition& request, error_code error) const;
  void read_log(const read_partition& request, read_promise promise);
  void read_again(const read_partition& request, read_promise promise);
  void has_read(const read_partition& request, log_read_result& ended, const read_promise& promise);
  caf::result<offset_result> find_offset(const query_offset& query);
  caf::result<offset_result> offset_with_epoch(log_offset offset);
  caf::result<epoch_end_result> find_epoch_end(const query_epoch_end& query);
  caf::result<delete_records_result> delete_records(const delete_records_before& request);
  caf::result<producers_result> describe_producers();
  caf::result<partition_description> describe(bool for_checkpoint);
  caf::result<partition_closed> close();
  caf::result<partition_closed> rest();
  void go_on_with(const resume_partition& opened);
  template <class Done>
  caf::result<partition_closed> close_log(Done after);
  [[nodiscard]] partition_description describe(const log_facts& facts) const;

  // partition_replicas.cpp: the leader's side of replication, and changes of role
  void assign(const partition_assignment& assignment);
  void take_role(const partition_assignment& before);
  void begin_to_lead();
  caf::result<read_result> read_for_replica(const read_partition& request);
  [[nodiscard]] bool is_throttled(const replica_seat& replica) const;
  void count_received(const read_partition& request);
  void has_read_for_replica(const read_partition& request, log_read_result& ended,
                            const read_promise& promise);
  void look_at_replicas();
  void propose();
  void proposal_ended(uint64_t number, const isr_proposed& ended);
  void arm_look();
  [[nodiscard]] replication_rules rules() const;

  // partition_follower.cpp: the follower's side
  caf::result<follower_position> begin(const begin_following& wanted);
  caf::result<follower_position> apply(apply_fetched& fetched);
  void append_fetched(apply_fetched& fetched, position_promise promise);
  void cut_to_leader(const apply_fetched& fetched, position_promise promise);
  void restart_at(log_offset offset, position_promise promise);
  void follow_log_start(log_offset leader_log_start);
  void go_on(const log_facts& facts, position_promise promise);
  void answer_when_safe(position_promise promise, const follower_position& position);
  void release_followers();
  [[nodiscard]] bool follows(leader_epoch epoch) const;

  /// An answer that comes also if the log, and this actor with it, ends meanwhile.
  template <class Answer>
  owed_answer<Answer> owe() {
    return owed_answer<Answer>{make_response_promise<Answer>(),
                               [] { return Answer{.error = error_code::kafka_storage_error}; }};
  }
  void log_moved(log_offset log_end, log_offset flushed);
  void arm_ack_timer();
  [[nodiscard]] bool waits_for_high_watermark(int16_t acks) const;
  void count_appended(const log_appended& ended);
  void high_watermark_rose();
  void release_safe();
  static void wake(const fetch_watches& watches, int64_t appended_bytes, topic_id_partition key);
  void end_all(error_code why);
  void park(parked_append parked, int64_t deadline_ms);
  void expire_parked();

  [[nodiscard]] int32_t min_insync_replicas() const;
  [[nodiscard]] error_code check_leadership(leader_epoch epoch) const;
  [[nodiscard]] error_code check_readable(const read_partition& request) const;
  [[nodiscard]] leader_hint hint() const { return {assignment_.leader, assignment_.epoch}; }
  [[nodiscard]] topic_id_partition key() const { return {topic_id_, which_.partition}; }

  topic_partition which_;
  uuid topic_id_;
  log_handle log_;
  partition_assignment assignment_;
  replica_progress progress_;
  isr_proposals_handle proposals_;
  replica_throttle throttle_;
  /// What a follower was last given; counted when it asks for what lies behind that, because not
  /// all that is read fits into its answer.
  std::map<broker_id, std::pair<log_offset, int64_t>> given_;
  log_offset log_start_ = 0;
  // For the estimates of watches: bytes below the high watermark since this actor began, and what
  // was appended above it, by the offset that makes it visible.
  int64_t visible_bytes_ = 0;
  std::deque<std::pair<log_offset, int64_t>> hidden_bytes_;
  int64_t appended_bytes_ = 0;  ///< Both together: what followers see.
  partition_traffic traffic_;
  pending_acks<parked_append> pending_;
  fetch_watches watches_;
  fetch_watches replica_watches_;  ///< Of followers, which also see what is above the watermark.
  std::vector<waiting_follower> waiting_;      ///< At level fsync: for the disk.
  leader_epoch last_epoch_ = no_leader_epoch;  ///< Of the last batch, while this follows.
  leader_epoch stopped_in_ = no_leader_epoch;  ///< Does not follow that leadership any more.
  timer_id ack_timer_;
  timer_id look_timer_;
  bool failed_ = false;   ///< The log accepts nothing any more.
  bool closing_ = false;  ///< What was appended before is still answered.
  bool resting_ = false;  ///< Between rest_partition and resume_partition.
  std::shared_ptr<const refused_batches> refused_;  ///< By the log that was brought to rest.
};

}  // namespace ottla
