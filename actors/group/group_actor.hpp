// One consumer group: carries requests to its group_state and committed_offsets, and their answers
// and records back.
//
// Lives on its coordinator's unit. It waits for joins and syncs that are parked (their promises are
// in here and are failed when it ends), for its records to be stored, and for one timer.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "actors/group/committed_offsets.hpp"
#include "actors/group/group_state.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

/// What a group is born with: nothing, or what the log has of it.
struct group_setup {
  std::string group_id;
  coordinator_handle coordinator;
  std::shared_ptr<const group_options> options;
  loaded_group loaded;
};

class group_actor final : public pinned<group_handle::base> {
public:
  group_actor(caf::actor_config& config, unit& where, group_setup setup);

  const char* name() const override { return "group"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  /// Called once: with how storing went, or with NOT_COORDINATOR when the group ends before.
  using stored_callback = std::function<void(error_code)>;
  struct waiting_for_stores {
    uint64_t count = 0;  ///< How many of the group's stores have to be done.
    stored_callback proceed;
  };

  caf::result<join_group_response> join(const join_group_call& call);
  caf::result<sync_group_response> sync(const sync_group_request& request);
  heartbeat_response heartbeat(const heartbeat_request& request);
  leave_group_response leave(const leave_group_request& request);
  caf::result<offset_commit_response> commit(const commit_offsets_call& call);
  caf::result<fetched_offsets> fetch(const fetch_offsets_call& call);
  caf::result<offset_delete_response> delete_offsets(const offset_delete_request& request);
  caf::result<delete_group_result> delete_group();
  [[nodiscard]] group_description describe() const;
  void expire();
  void forget(const topics_deleted& deleted);
  void forget_now(const topics_deleted& deleted);

  /// Does what the state wants done, and sets the timer to when it wants to be woken.
  void settle();
  void summarize();
  void set_timer();
  void store(std::vector<group_log_record> records, stored_callback stored);
  void store_tombstones(const std::vector<topic_partition>& gone, stored_callback stored);
  void store_done(uint64_t number, error_code error);
  /// Calls `proceed` when everything that is being stored now is stored.
  void after_stores(stored_callback proceed);
  void erase(const std::vector<topic_partition>& offsets);
  void delete_everything(stored_callback deleted);
  void expire_now();
  [[nodiscard]] std::vector<group_log_record> tombstones(
      const std::vector<topic_partition>& offsets) const;
  [[nodiscard]] group_time now() const { return {time().mono_ms(), time().wall_ms()}; }
  void write_log(const group_event& event) const;

  coordinator_handle coordinator_;
  std::shared_ptr<const group_options> options_;
  group_state state_;
  committed_offsets offsets_;
  /// Its tombstones are on their way: nothing may change until it is known whether they are stored.
  bool deleting_ = false;

  request_ticket last_ticket_ = 0;
  std::map<request_ticket, caf::typed_response_promise<join_group_response>> joins_;
  std::map<request_ticket, caf::typed_response_promise<sync_group_response>> syncs_;
  uint64_t stores_begun_ = 0;
  uint64_t stores_done_ = 0;
  std::map<uint64_t, stored_callback> stores_;  ///< By number; done in that order.
  std::deque<waiting_for_stores> waiting_;

  timer_id timer_ = no_timer;
  int64_t timer_due_ms_ = 0;
  std::optional<group_phase> told_phase_;  ///< What the coordinator was told last.
  std::string told_protocol_type_;
};

}  // namespace ottla
