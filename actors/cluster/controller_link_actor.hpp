// The way from this broker to the controller, wherever it is: here, or behind a connection.
//
//   sessions, broker, leaders -> link -> controller_actor here, or AskController, ProposeIsrs,
//   ReportBroker, ReserveProducerIds to the broker that the image names
//
// An answer from elsewhere is passed on when this broker has in effect what it says, so that a
// client finds what it has just made.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <functional>
#include <map>

#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"
#include "protocol/messages/report_broker.hpp"

namespace ottla {

struct controller_link_setup {
  broker_id self = no_broker;
  controller_handle here;
  /// A connection to another broker, for this one in that life.
  std::function<peer_handle(const replica_seat& self, const broker_image& other)> reach;
  /// After this long an answer is passed on, whatever this broker knows by then.
  int64_t patience_ms = 10'000;
  /// A change that takes this much longer than its client waits is REQUEST_TIMED_OUT: it may yet be
  /// made. (One that has not begun by then the controller itself answers, and does not make.)
  int64_t late_ms = 1'000;
  int64_t repeat_report_ms = 500;  ///< What did not reach the controller is said again.
};

class controller_link_actor final : public pinned<controller_link::base> {
public:
  controller_link_actor(caf::actor_config& config, unit& where, controller_link_setup setup);

  const char* name() const override { return "controller_link"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  static constexpr uint64_t no_limit = 0;
  static constexpr uint64_t repeat_token = 0;  ///< Answers that wait have tokens from 1 on.

  struct waiting_answer {
    std::function<void()> give;
    timer_id deadline;
  };

  void image_came(const image_changed& change);
  void let_go();
  [[nodiscard]] bool is_here() const;
  void applied(const image_applied& message);
  void give_when(int64_t sequence, std::function<void()> give);
  /// Gives that answer, unless is_in_time() is asked before.
  uint64_t limit_wait(int32_t timeout_ms, std::function<void()> give);
  bool is_in_time(uint64_t limit);
  void report(const report_broker_request& what);
  void say_unsaid();

  template <class Request>
  caf::result<typename Request::response> pass_on(const admin_command<Request>& command);
  caf::result<producer_id_block> reserve(const allocate_producer_ids& wanted);
  caf::result<partitions_altered> alter(alter_partitions& wanted);
  /// Asks the controller's broker; `then` gets the answer, or the reason for none.
  template <class Request>
  void ask(Request request, std::function<void(outcome<typename Request::response>)> then);

  controller_link_setup setup_;
  image_ptr image_;
  replica_seat self_;        ///< As the image has it.
  replica_seat controller_;  ///< Whom `peer_` reaches.
  peer_handle peer_;
  int64_t applied_ = -1;
  std::multimap<int64_t, uint64_t> by_sequence_;
  std::map<uint64_t, waiting_answer> waiting_;
  uint64_t last_waiting_ = repeat_token;
  report_broker_request unsaid_;
  timer_id repeat_timer_;
};

}  // namespace ottla
