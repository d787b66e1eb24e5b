// Keeps a connection to the controller; of the controller itself, to every other broker. Tells the
// controller actor of this broker who is believed to be dead, long before that session with the
// store ends.
#pragma once

#include <functional>
#include <map>

#include "actors/cluster/broker_liveness.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

struct liveness_setup {
  broker_id self = no_broker;
  controller_handle controller;
  /// A connection to another broker, for this one in that life; `lost` hears of each that ends or
  /// cannot be made, on this unit.
  std::function<peer_handle(const replica_seat& self, const broker_image& other,
                            std::function<void(bool was_refused)> lost)>
      reach;
};

class liveness_actor final : public pinned<liveness_handle::base> {
public:
  liveness_actor(caf::actor_config& config, unit& where, liveness_setup setup)
      : pinned(config, where), setup_(std::move(setup)) {}

  const char* name() const override { return "liveness"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  void image_came(const image_changed& change);
  [[nodiscard]] std::vector<replica_seat> wanted() const;
  void reach_all();
  void reach(const replica_seat& who);
  void lost(const peer_lost& news);
  void tell_dead();
  void let_go(const replica_seat& who);

  liveness_setup setup_;
  image_ptr image_;
  replica_seat self_;
  broker_id controller_ = no_broker;
  broker_liveness liveness_;
  std::map<replica_seat, peer_handle> peers_;
  timer_id retry_timer_;
};

}  // namespace ottla
