// Judges and makes every change of the cluster's metadata while it is the elected controller.
//
// Each round takes what is waiting, edits a draft of the newest image and commits it; what arrives
// meanwhile goes into the next round. Every commit is fenced by the controller epoch and advances
// the change node. Answers are given when this broker has the change in effect.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "actors/cluster/change_context.hpp"
#include "actors/cluster/controller_error.hpp"
#include "actors/config/config_cell.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

struct controller_setup {
  broker_id id = no_broker;
  metadata_handle metadata;
  const config_cell* config = nullptr;
  /// Whether the broker says image_applied; if not, an image counts as applied when it is here.
  bool broker_reports_applied = true;
  /// The metadata is not what this version understands.
  std::function<void(const fault&)> on_fatal;
};

/// Producer ids that a broker gets at a time.
inline constexpr int32_t producer_ids_per_block = 1000;

class controller_actor final : public pinned<controller_handle::base> {
public:
  controller_actor(caf::actor_config& config, unit& where, controller_setup setup);
  controller_handle::behavior_type make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "controller"; }

private:
  /// One change that waits for a round. `edit` says what to do once its effect is everywhere.
  struct change {
    using edit_function = std::function<std::function<void()>(const change_context&)>;
    edit_function edit;
    /// Nobody knows whether it was done (NOT_CONTROLLER), or it could not be. Null: a change that
    /// nobody asked for, which is tried again.
    std::function<void(error_code)> fail;
    /// How long it may wait for a round; nothing: for ever.
    std::optional<int32_t> patience_ms;
    uint64_t number = 0;  ///< The token of the timer.
    timer_id deadline;
  };
  struct answer {
    int64_t sequence = 0;  ///< Of the image that must be in effect first.
    std::function<void()> give;
    change what;
  };

  template <class Command, class Response, class Judge>
  caf::result<Response> submit(const Command& command, Judge judge);
  caf::result<producer_id_block> allocate(const allocate_producer_ids& message);

  // Election.
  void image_came(const image_changed& message);
  void session_changed(session_event event);
  void campaign();
  void candidate_read(const read_nodes_result& result);
  void campaign_decided(const commit_result& result);
  void look_for_own_term();
  void take_office();
  void give_up();
  void broker_lost(const replica_seat& seat);
  void depose(broker_id id);
  void resign();
  void leave_office();

  // Brokers (controller_brokers.cpp).
  void propose_about(
      const replica_seat& seat, std::function<void(const change_context&)> edit,
      std::function<void()> then = [] {});
  void judge_brokers();
  void judge_registered(const broker_image& broker);
  void judge_gone(const broker_state_record& state);
  void unfence(const broker_ready& message);
  void let_go(const broker_stopping& message);
  void fence(const replica_seat& seat);
  void watch_draining();
  void watch_balance();
  void balance_leaders();
  void confirm_removed(const local_data_removed& message);
  void take_out(const replicas_failed& message);

  // Rounds.
  void propose(change what);
  void waited_too_long(uint64_t number);
  void propose_own(change::edit_function edit);
  void start_round();
  void write_next();
  std::vector<store_write> steps_of(const planned_commit& commit, change_log& log) const;
  [[nodiscard]] node_version version_of(const metadata_node& node) const;
  void written(const commit_result& result);
  void settle();
  void settled(const read_nodes_result& result);
  void commit_done();
  void round_failed();
  void finish_round(int64_t sequence);
  void give_answers();
  void fail_all();
  [[nodiscard]] bool is_elsewhere() const;
  void ask_to_read(std::vector<std::string> paths,
                   std::function<void(const read_nodes_result&)> then);
  void ask_to_commit(std::vector<store_write> steps,
                     std::function<void(const commit_result&)> then);

  static constexpr uint64_t rest_token = 0;
  static constexpr uint64_t balance_token = 1;

  enum class office : uint8_t { none, campaigning, taking, held };

  controller_setup setup_;
  image_ptr image_;
  int64_t applied_ = -1;
  bool connected_ = false;

  office office_ = office::none;
  uint64_t attempt_ = 0;  ///< Answers to questions of an earlier term mean nothing.
  uuid term_;
  int32_t epoch_ = 0;
  node_version fence_ = absent_version;
  change_log log_;
  node_version log_version_ = absent_version;
  producer_ids_record producer_ids_;
  node_version producer_ids_version_ = absent_version;

  std::deque<change> waiting_;
  uint64_t last_number_ = balance_token;
  std::vector<answer> round_;  ///< Of the round that is being committed.
  std::vector<planned_commit> commits_;
  size_t commits_done_ = 0;
  change_log next_log_;
  std::map<metadata_node, node_version> versions_;  ///< Written in this round.
  bool round_runs_ = false;
  bool is_resting_ = false;  ///< The store refused: the next round waits for a timer.
  std::deque<answer> unanswered_;
  std::set<replica_seat> judging_;
  std::set<replica_seat> draining_;  ///< Whose leaderships were handed over, where that could be.
  timer_id balance_timer_;
};

}  // namespace ottla
