// One replica of one partition: decides admission, the high watermark and acks, and wakes waiting
// fetches. The log actor beside it, on the same unit, owns the files.
//
// produce: append -> log_append -> (log) -> answered at once, or parked until the high watermark
// passes; fetch: read_partition -> log_read below the high watermark -> file ranges.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "actors/interfaces.hpp"
#include "actors/partition/fetch_watches.hpp"
#include "actors/partition/high_watermark.hpp"
#include "actors/partition/pending_acks.hpp"
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
  using append_promise = caf::typed_response_promise<append_result>;
  using read_promise = caf::typed_response_promise<read_result>;
  struct parked_append {
    append_promise promise;
    append_result result;
  };

  caf::result<append_result> append(append_batch& request);
  void appended(const log_appended& ended, int16_t acks, int64_t deadline_ms,
                append_promise promise);
  caf::result<read_result> read(const read_partition& request);
  read_result answer_without_log(const read_partition& request, error_code error) const;
  void read_log(const read_partition& request, read_promise promise);
  void read_again(const read_partition& request, read_promise promise);
  void has_read(const read_partition& request, log_read_result& ended, read_promise& promise);
  caf::result<offset_result> find_offset(const query_offset& query);
  caf::result<offset_result> offset_with_epoch(log_offset offset);
  caf::result<epoch_end_result> find_epoch_end(const query_epoch_end& query);
  caf::result<delete_records_result> delete_records(const delete_records_before& request);
  caf::result<producers_result> describe_producers();
  caf::result<partition_description> describe(bool for_checkpoint);
  caf::result<partition_closed> close();
  caf::result<partition_closed> rest();
  void resume(const resume_partition& opened);
  template <class Done>
  caf::result<partition_closed> close_log(Done after);
  [[nodiscard]] partition_description describe(const log_facts& facts) const;

  void assign(const partition_assignment& assignment);
  void log_moved(log_offset log_end, log_offset flushed);
  [[nodiscard]] bool waits_for_high_watermark(int16_t acks) const;
  void release_safe();
  void wake_watches();
  void end_all(error_code why);
  void park(parked_append parked, int64_t deadline_ms);
  void expire_parked();

  [[nodiscard]] error_code check_leadership(leader_epoch epoch) const;
  [[nodiscard]] leader_hint hint() const { return {assignment_.leader, assignment_.epoch}; }
  [[nodiscard]] topic_id_partition key() const { return {topic_id_, which_.partition}; }

  topic_partition which_;
  uuid topic_id_;
  log_handle log_;
  partition_assignment assignment_;
  high_watermark high_watermark_;
  log_offset log_start_ = 0;
  // For the estimates of watches: bytes below the high watermark since this actor began, and what
  // was appended above it, by the offset that makes it visible.
  int64_t visible_bytes_ = 0;
  std::deque<std::pair<log_offset, int64_t>> hidden_bytes_;
  pending_acks<parked_append> pending_;
  fetch_watches watches_;
  timer_id ack_timer_;
  bool failed_ = false;   ///< The log accepts nothing any more.
  bool resting_ = false;  ///< Between rest_partition and resume_partition.
};

}  // namespace ottla
