// The outgoing connection to another broker's inter-broker listener: requests out, answers matched
// to them. It lives on one unit with its socket.
//
// A connection is of use once both ends have proved that they know the secret of the cluster
// (protocol/broker_proof.hpp). It connects when something is asked, and after a failure not before
// a back-off: until then every request is refused at once. Nothing is sent twice: who asked knows
// whether that is safe.
#pragma once

#include <array>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/gateway/connector.hpp"
#include "actors/gateway/transport.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/log.hpp"
#include "actors/runtime/pinned.hpp"
#include "protocol/broker_proof.hpp"

namespace ottla {

/// Who this broker proves to be, to whom, and by what.
struct peer_identity {
  replica_seat self;
  broker_id called = no_broker;
  std::string secret;
};

struct peer_setup {
  std::string name;  ///< For logs, "broker 3 at host:port".
  /// Begins to connect; `ended` is called once, on this unit's thread, and not from within.
  std::function<void(connect_ended ended)> connect;
  /// Hears of each connection that ends or cannot be made; refused: nobody listens there. On this
  /// unit's thread, before those who asked; may be null.
  std::function<void(bool was_refused)> lost;
  /// Proved in both directions before anything is asked; nothing: nobody proves anything.
  std::optional<peer_identity> identity;
  int64_t handshake_timeout_ms = 10'000;
  int64_t first_backoff_ms = 50;
  int64_t backoff_max_ms = 1'000;
  size_t response_bytes_max = 128 << 20;
};

/// The peer as its unit's timers see it.
using peer_control = peer_handle::extend<caf::reacts_to<timer_expired>>;

class peer_actor final : public pinned<peer_control::base>, private transport_events {
public:
  peer_actor(caf::actor_config& config, unit& where, peer_setup setup);

  const char* name() const override { return "peer"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  using promise = caf::typed_response_promise<peer_answer>;
  struct asked {
    ask_peer request;
    promise answer;
    timer_id deadline;
  };
  using asked_by_id = std::map<int32_t, asked>;

  // transport_events
  receive_room room_for_input() override;
  void received(size_t bytes) override;
  void sent_everything() override {}
  void closed(std::string_view why) override;

  caf::result<peer_answer> ask(ask_peer& request);
  void connect();
  void connected(std::shared_ptr<transport> made, const fault& why);
  void greet();
  void handshake_answered(shared_bytes frame);
  void called_greeted(shared_bytes body);
  void become_ready();
  void send(int32_t correlation_id);
  void begin_frame();
  void take_frame();
  void expire(int32_t correlation_id);
  void fail(std::string_view why, bool was_refused = false);
  void answer_all(std::string_view why, bool was_sent);
  static void refuse(promise& answer, std::string_view why, bool was_sent);

  peer_setup setup_;
  std::shared_ptr<transport> connection_;
  enum class stage : uint8_t { greeting, proving, ready };
  stage stage_ = stage::greeting;
  broker_greeting greeting_;
  timer_id handshake_timer_;
  bool is_connecting_ = false;
  log::limiter complaints_;
  int64_t backoff_ms_ = 0;
  int64_t not_before_ms_ = 0;
  int32_t last_id_ = 0;
  asked_by_id asked_;

  std::array<std::byte, 4> prefix_{};
  size_t filled_bytes_ = 0;  ///< Of the prefix while there is no frame, else of the frame.
  bool in_frame_ = false;
  shared_bytes frame_;
};

}  // namespace ottla
