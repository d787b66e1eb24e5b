// The storage actor of one partition: the only owner of its log, on its partition's unit.
//
// Writes go to the page cache inline (microseconds); everything that may wait for the disk (sync,
// cold reads, removal) is handed to the directory's disk actors as jobs.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <memory>

#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"
#include "actors/runtime/unit.hpp"
#include "actors/storage/flush_policy.hpp"
#include "actors/storage/log_settings.hpp"
#include "storage/free_space.hpp"
#include "storage/partition_log.hpp"

namespace ottla {

/// The blocking helpers that one log uses.
struct log_disks {
  disk_handle flusher;
  disk_handle reader;  ///< Reads ahead and removes files.
  std::shared_ptr<free_space> space;
};

struct log_setup {
  topic_id_partition which;
  std::shared_ptr<partition_log> log;
  topic_config config;
  durability level = durability::fsync;
  log_defaults defaults;
  log_disks disks;
  log_supervisor supervisor;
};

class log_actor final : public pinned<log_handle::base> {
public:
  log_actor(caf::actor_config& config, unit& where, log_setup setup);

  const char* name() const override { return "log"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  struct doomed_files {
    int64_t due_ms;
    removal_job job;
  };
  enum timer_token : uint64_t { flush_token = 1, removal_token = 2 };

  log_appended append(log_append& request);
  log_appended refuse(const fault& why) const;
  bool has_room(const append_batch& request);
  void note_full(bool tried, const append_answer& answer);
  void report_space(free_space::change what) const;
  caf::result<log_read_result> read(const log_read& wanted);
  void note_unreadable(const fault& why);
  log_read_result copied(log_read_result answer);
  log_offset_found find_timestamp(timestamp_ms timestamp);
  log_facts advance_start(log_offset offset);

  // log_following.cpp: what only a replica of another leader needs.
  log_appended append_fetched(const log_append_fetched& fetched);
  log_facts follow();
  log_facts truncate(const log_truncate& wanted);
  log_facts restart_at(log_offset offset);
  log_facts cut_ended(outcome<removal_job> removal);
  [[nodiscard]] std::optional<epoch_end> divergence(const log_read& wanted) const;
  [[nodiscard]] log_facts facts() const;
  [[nodiscard]] producers_result producers() const;
  void configure(const log_configure& change);
  void apply_options();
  range_quarantined quarantine(const quarantine_range& found);
  void maintain(log_offset high_watermark);
  compaction_planned plan(const plan_compaction_of_log& wanted);
  compaction_begun begin(const begin_compaction& wanted);
  compaction_swapped swap(const swap_compaction& wanted);
  caf::result<log_facts> close();
  void close_log();
  void closed(const disk_done& ended);

  void flush_if_due();
  void start_flush();
  void flush_ended(const disk_done& ended, log_offset up_to);
  void arm_flush_timer();
  void remove_later(removal_job job);
  void remove_due();
  void tell_progress();
  void note_breakage();

  topic_id_partition which_;
  std::shared_ptr<partition_log> log_;
  log_defaults defaults_;
  topic_config config_;
  flush_policy policy_;
  log_disks disks_;
  log_supervisor supervisor_;
  partition_control partition_;

  caf::typed_response_promise<log_facts> closing_;
  bool progress_told_ = false;
  bool flushing_ = false;
  bool failed_ = false;
  bool is_unreadable_told_ = false;
  int64_t dirty_bytes_ = 0;
  uint64_t rolled_at_flush_ = 0;
  uint64_t rolled_at_jitter_ = 0;
  uint64_t appended_at_maintain_ = 0;
  timer_id flush_timer_;
  timer_id removal_timer_;
  std::deque<doomed_files> doomed_;
};

}  // namespace ottla
