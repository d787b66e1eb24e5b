#include "actors/cluster/liveness_actor.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "protocol/messages/report_broker.hpp"

namespace ottla {

liveness_actor::behavior_type liveness_actor::make_behavior() {
  return {
      [this](const image_changed& change) { image_came(change); },
      [this](const peer_lost& news) { lost(news); },
      [this](const timer_expired&) {
        retry_timer_ = {};
        reach_all();
      },
  };
}

void liveness_actor::on_exit() {
  cancel_timer(retry_timer_);
  for (auto& [seat, peer] : std::exchange(peers_, {})) {
    caf::anon_send_exit(peer, caf::exit_reason::user_shutdown);
  }
  setup_ = {};
}

void liveness_actor::image_came(const image_changed& change) {
  image_ = change.after;
  const auto* own = image_->find_broker(setup_.self);
  const replica_seat self{setup_.self, own != nullptr ? own->epoch : no_broker_epoch};
  const bool is_new_life = std::exchange(self_, self) != self;
  if (is_new_life) liveness_.follow({});
  const bool is_news = std::exchange(controller_, image_->controller()) != controller_;
  const auto others = wanted();
  liveness_.follow(others);
  if (is_news) liveness_.tell_again();
  std::vector<replica_seat> gone;
  for (const auto& [seat, peer] : peers_) {
    if (is_new_life || std::ranges::find(others, seat) == others.end()) gone.push_back(seat);
  }
  for (const auto& seat : gone) let_go(seat);
  reach_all();
  tell_dead();
}

/// While there is no controller, whoever is watched stays so: what is known of the one that has
/// just gone is needed by the next.
std::vector<replica_seat> liveness_actor::wanted() const {
  std::vector<replica_seat> others;
  if (self_.epoch == no_broker_epoch) return others;
  for (const auto& broker : image_->brokers()) {
    const replica_seat seat{broker.registration.id, broker.epoch};
    const bool is_wanted = controller_ == setup_.self || seat.id == controller_ ||
                           (controller_ == no_broker && peers_.contains(seat));
    if (seat.id != setup_.self && is_wanted) others.push_back(seat);
  }
  return others;
}

void liveness_actor::reach_all() {
  for (const auto& seat : liveness_.take_due(time().mono_ms())) reach(seat);
  const auto next_ms = liveness_.next_due_ms();
  cancel_timer(retry_timer_);  // what is due next may be due sooner than what was
  if (!next_ms) return;
  retry_timer_ = arm_timer(std::max<int64_t>(*next_ms - time().mono_ms(), 1), 0);
}

/// An empty report is a question whether anybody is there.
void liveness_actor::reach(const replica_seat& who) {
  const auto* other = image_->find_broker(who.id);
  auto& peer = peers_[who];
  if (!peer && other != nullptr) {
    auto tell = [weak = caf::weak_actor_ptr{ctrl()}, who](bool was_refused) {
      if (auto alive = weak.lock()) {
        caf::anon_send(caf::actor_cast<caf::actor>(alive), peer_lost{who, was_refused});
      }
    };
    peer = setup_.reach(self_, *other, std::move(tell));
  }
  if (!peer) {
    peers_.erase(who);
    return liveness_.lost(who, false, time().mono_ms());
  }
  this->request(peer, caf::infinite, question(report_broker_request{}, 0, "broker"))
      .then(
          [this, who](const peer_answer& answer) {
            if (answer.failure) return lost({who, false});  // unless peer_lost has said better
            liveness_.reached(who);
            tell_dead();  // it may be the one that makes us reach most of them
          },
          [this, who](const caf::error&) { lost({who, false}); });
}

void liveness_actor::lost(const peer_lost& news) {
  liveness_.lost(news.who, news.was_refused, time().mono_ms());
  tell_dead();
  reach_all();
}

void liveness_actor::tell_dead() {
  for (const auto& dead : liveness_.take_dead()) {
    caf::anon_send(setup_.controller, broker_unreachable{dead});
  }
}

void liveness_actor::let_go(const replica_seat& who) {
  auto peer = peers_.extract(who);
  if (peer) caf::anon_send_exit(peer.mapped(), caf::exit_reason::user_shutdown);
}

}  // namespace ottla
