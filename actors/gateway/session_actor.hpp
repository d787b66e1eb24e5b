// One connection: frames in, requests to their handlers, answers out in order.
//
// Handlers run inside this actor, on the unit where the connection was accepted. Reading stops
// while there is no credit, so a client can never have more in flight than session_limits say. The
// actor ends with its connection.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "actors/gateway/frame_assembler.hpp"
#include "actors/gateway/reply_queue.hpp"
#include "actors/gateway/session_limits.hpp"
#include "actors/gateway/transport.hpp"
#include "actors/handlers/handler.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/log.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

/// What a session is born with. Everything referred to outlives it.
struct session_setup {
  std::shared_ptr<transport> connection;
  std::string listener;
  std::span<const route> routes;
  const broker_services* services = nullptr;
  session_limits limits;
  memory_pool pool = memory_pool::clients;
  /// Keeps the lines about misbehaving clients few.
  std::shared_ptr<log::limiter> complaints = std::make_shared<log::limiter>();
  std::function<void()> ended;  ///< Called once, on the unit's thread, when the session is over.
  /// Keeps the lines about requests that wait for memory few.
  std::shared_ptr<log::limiter> shortages = std::make_shared<log::limiter>();
};

/// Starts a session on `where`, from any thread; reading begins at once.
session_handle spawn_session(caf::actor_system& system, unit& where, session_setup setup);

class session_actor final : public pinned<session_handle::base>,
                            private session_context,
                            private transport_events,
                            private reply_sink,
                            private burst_end_hook {
public:
  session_actor(caf::actor_config& config, unit& home, session_setup setup);

  const char* name() const override { return "session"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  struct arrived {
    ottla::request incoming;
    reply_slot reply;
    const route* to = nullptr;
    bool copied = false;  ///< The body has memory of its own.
  };
  struct parked {
    std::shared_ptr<parked_request> waiting;
    timer_id timer;
  };

  // session_context: what handlers ask.
  session_handle::base& self() override { return *this; }
  unit& home_unit() override { return pinned::home_unit(); }
  [[nodiscard]] const broker_services& services() const override { return *setup_.services; }
  [[nodiscard]] const connection_info& connection() const override { return info_; }
  void name_client_software(std::string name, std::string version) override;
  std::optional<broker_greeting>& greeting() override { return greeting_; }
  void recognise_broker(const replica_seat& broker) override;
  [[nodiscard]] std::span<const route> routes() const override { return setup_.routes; }
  uint64_t park(std::shared_ptr<parked_request> waiting) override;
  void unpark(uint64_t id) override;
  void wake_after(uint64_t id, int64_t delay_ms) override;
  void mute(int64_t duration_ms) override;

  // transport_events
  receive_room room_for_input() override;
  void received(size_t bytes) override;
  void sent_everything() override;
  void closed(std::string_view why) override;

  // reply_sink
  void answer(uint64_t sequence, gather_list frame) override;
  void abandon(uint64_t sequence, std::string_view why) override;

  void burst_ended() override;

  // Input.
  [[nodiscard]] bool has_credit() const;
  void pump();
  void take_frames();
  void accept(shared_bytes frame);
  void start_waiting();
  void start_those_that_may();
  void expire_parked();
  [[nodiscard]] bool may_start(const route& to) const;
  void start(arrived next);
  void resume_if_possible();
  void call_at_burst_end();
  void let_go_of_chunk();

  // Timers.
  void timer_due(uint64_t token);
  void check_idle();
  void check_receiving();
  void check_write_stall();
  void watch_memory();
  [[nodiscard]] bool is_quiet() const;

  // The end.
  void close_gracefully();
  void close_if_done();
  void complain_and_close(std::string_view why);
  void end(std::string_view why);
  template <class Function>
  void guarded(Function&& event);
  [[nodiscard]] std::string peer_name() const;
  caf::weak_actor_ptr weak_self() { return caf::weak_actor_ptr{ctrl()}; }

  session_setup setup_;
  connection_info info_;
  std::optional<broker_greeting> greeting_;
  std::string client_id_;  // of the last request, for log lines
  frame_assembler frames_;
  reply_queue replies_;
  std::shared_ptr<reply_sink*> link_;
  std::deque<arrived> waiting_;     // read, not started: held back by those before
  bool running_exclusive_ = false;  // a request that lets no other run beside it
  std::unordered_map<uint64_t, parked> parked_;
  uint64_t next_parked_id_;

  timer_id idle_timer_, receive_timer_, stall_timer_, memory_timer_, mute_timer_, closing_timer_;
  timer_id proof_timer_;        // while a stranger is connected where only brokers are served
  int64_t last_active_ms_ = 0;  // when something last came or went
  int64_t received_us_ = 0;
  int64_t progress_ms_ = 0;  // when input last came, or could come again
  bool held_back_ = false;   // since then we did not read for a time
  int64_t unsent_before_ = 0;
  bool pumping_ = false;
  bool hook_set_ = false;
  bool reading_paused_ = false;
  bool muted_ = false;
  bool closing_ = false;
  bool ended_ = false;
};

}  // namespace ottla
