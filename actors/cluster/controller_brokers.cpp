// Brokers that come, are ready, leave and are gone, as the controller sees them.
#include <algorithm>

#include "actors/cluster/config_requests.hpp"
#include "actors/cluster/controller_actor.hpp"
#include "actors/cluster/leader_election.hpp"
#include "actors/cluster/replica_moves.hpp"
#include "actors/runtime/log.hpp"

namespace ottla {

/// An image may have an older list of brokers than states, and a round may end with what was to be
/// said of an earlier life: once a later one has been judged, nothing is said of it any more.
void controller_actor::propose_about(const replica_seat& seat,
                                     std::function<void(const change_context&)> edit,
                                     std::function<void()> then) {
  propose_own([=, edit = std::move(edit)](const change_context& context) {
    if (context.draft.judged_epoch(seat.id) <= seat.epoch) edit(context);
    return then;
  });
}

void controller_actor::judge_brokers() {
  if (office_ != office::held) return;
  for (const auto& broker : image_->brokers()) {
    const auto* state = image_->broker_states().find(broker.registration.id);
    bool judged = state != nullptr && state->epoch == broker.epoch;
    if (!judged && judging_.insert({broker.registration.id, broker.epoch}).second) {
      judge_registered(broker);
    }
  }
  for (const auto& state : image_->broker_states().brokers) {
    if (state.status == broker_status::fenced || image_->find_broker(state.id) != nullptr) continue;
    if (judging_.insert({state.id, state.epoch}).second) judge_gone(state);
  }
}

namespace {

seat_verdict verdict_on(const broker_registration& broker, const topic_config& config) {
  switch (broker.stopped) {
    case last_stop::clean:
    case last_stop::process_crash:
      return seat_verdict::keep;
    case last_stop::machine_crash:
      return config.durability_level.value_or(durability::replicated) == durability::fsync
                 ? seat_verdict::keep
                 : seat_verdict::remove;
    case last_stop::disk_replaced:
      break;
  }
  return seat_verdict::remove;
}

// Counts `seat` as live although it is still fenced.
election_view with_seat(election_view view, const replica_seat& seat) {
  view.live_seat = [others = std::move(view.live_seat), seat](broker_id id) {
    return id == seat.id ? std::optional{seat} : others(id);
  };
  return view;
}

// Calls `visit(topic, view, index, record)` for each partition with a replica on `id`; the record
// is stored if it says that it changed it.
template <class Visit>
void visit_replicas(const change_context& context, broker_id id, Visit visit) {
  // Most topics have the same configs: their rules are worked out once for a run of them.
  std::optional<config_map> configs;
  election_view view;
  topic_config config;
  context.draft.base().for_each_topic([&](const topic_ptr& topic) {
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const auto& replicas = topic->partition(i).replicas;
      if (std::ranges::find(replicas, id) == replicas.end()) continue;
      if (context.draft.find_topic(topic->id()) == nullptr) return;  // Deleted in this round.
      if (configs != topic->configs()) {
        configs = topic->configs();
        config = make_topic_config(context.config, *configs);
        view = view_of(context, config);
      }
      auto record = context.draft.partition(topic->id(), i);
      if (visit(record, view, config)) {
        context.draft.set_partition(topic->id(), i, std::move(record));
      }
    }
  });
}

}  // namespace

// A new epoch of an id is a failure followed by a start, whether or not anybody saw it go.
void controller_actor::judge_registered(const broker_image& broker) {
  auto registration = broker.registration;
  replica_seat seat{registration.id, broker.epoch};
  propose_about(
      seat,
      [registration, seat](const change_context& context) {
        visit_replicas(context, seat.id, [&](auto& record, const auto& view, const auto& config) {
          return broker_returned(record, seat, verdict_on(registration, config),
                                 with_seat(view, seat));
        });
        context.draft.set_broker_state({seat.id, seat.epoch, broker_status::fenced});
      },
      [this, seat] { judging_.erase(seat); });
}

void controller_actor::judge_gone(const broker_state_record& state) {
  replica_seat seat{state.id, state.epoch};
  propose_about(
      seat,
      [seat](const change_context& context) {
        visit_replicas(context, seat.id, [&](auto& record, const auto& view, const auto&) {
          return broker_gone(record, seat.id, view);
        });
        context.draft.set_broker_state({seat.id, seat.epoch, broker_status::fenced});
      },
      [this, seat] { judging_.erase(seat); });
}

void controller_actor::unfence(const broker_ready& message) {
  replica_seat seat{message.id, message.epoch};
  propose_about(seat, [seat](const change_context& context) {
    const auto* broker = context.draft.base().find_broker(seat.id);
    // Not before it is judged: a life that has lost records must not lead with them.
    bool waits = context.draft.judged_epoch(seat.id) == seat.epoch && broker != nullptr &&
                 broker->epoch == seat.epoch && broker->status == broker_status::fenced;
    if (!waits) return;
    context.draft.set_broker_state({seat.id, seat.epoch, broker_status::active});
    visit_replicas(context, seat.id, [&](auto& record, const auto& view, const auto&) {
      return elect_if_leaderless(record, view);
    });
  });
}

/// Whoever is wrongly believed dead finds itself fenced, says that it is ready, and is let in
/// again.
void controller_actor::fence(const replica_seat& seat) {
  propose_about(seat, [seat](const change_context& context) {
    if (!context.draft.base().is_live(seat)) return;
    log::warn("controller", "broker {} does not listen any more: others lead what it led", seat.id);
    context.draft.set_broker_state({seat.id, seat.epoch, broker_status::fenced});
    visit_replicas(context, seat.id, [&](auto& record, const auto& view, const auto&) {
      return broker_gone(record, seat.id, view);
    });
  });
}

/// The broker hears of it as of any change: when an image has it.
void controller_actor::let_go(const broker_stopping& message) {
  replica_seat seat{message.id, message.epoch};
  propose_about(seat, [seat](const change_context& context) {
    if (!context.draft.base().is_live(seat)) return;
    visit_replicas(context, seat.id, [&](auto& record, const auto& view, const auto&) {
      return broker_leaves(record, seat.id, view);
    });
    context.draft.set_broker_state({seat.id, seat.epoch, broker_status::stopping});
  });
}

/// What nobody else has in sync yet follows when somebody joins the ISR (isr_changes).
void controller_actor::watch_draining() {
  if (office_ != office::held) return;
  std::set<replica_seat> now;
  for (const auto& broker : image_->brokers()) {
    if (broker.status == broker_status::draining) {
      now.insert({broker.registration.id, broker.epoch});
    }
  }
  if (std::exchange(draining_, now) == now || now.empty()) return;
  propose_own([now](const change_context& context) -> std::function<void()> {
    for (const auto& seat : now) {
      visit_replicas(context, seat.id, [&](auto& record, const auto& view, const auto&) {
        return record.leader == seat && hand_over_leadership(record, view);
      });
    }
    return [] {};
  });
}

/// One broker has nothing to balance, and no timer.
void controller_actor::watch_balance() {
  const auto config = setup_.config->get();
  const bool is_wanted = office_ == office::held && config->auto_leader_rebalance;
  if (!is_wanted || balance_timer_ || image_->brokers().size() < 2) return;
  balance_timer_ = arm_timer(config->leader_imbalance_check_interval_s * 1'000, balance_token);
}

/// What a client may ask for with ElectLeaders: the preferred leader of every partition.
void controller_actor::balance_leaders() {
  balance_timer_ = {};
  watch_balance();
  if (office_ != office::held) return;
  propose_own([](const change_context& context) -> std::function<void()> {
    elect_leaders(context, {});
    return [] {};
  });
}

void controller_actor::confirm_removed(const local_data_removed& message) {
  propose_own([message](const change_context& context) -> std::function<void()> {
    for (const auto& id : message.topic_ids) {
      context.draft.confirm_deleted(id, message.id);
    }
    for (const auto& which : message.replicas) {
      if (!context.draft.has_partition(which)) continue;
      auto record = context.draft.partition(which.topic_id, which.partition);
      if (!data_removed(record, message.id)) continue;
      context.draft.set_partition(which.topic_id, which.partition, std::move(record));
    }
    return [] {};
  });
}

/// The broker itself goes on, with what its other directories hold.
void controller_actor::take_out(const replicas_failed& message) {
  propose_about(message.who, [message](const change_context& context) {
    const auto* broker = context.draft.base().find_broker(message.who.id);
    const bool is_present = broker != nullptr && broker->epoch == message.who.epoch &&
                            context.draft.judged_epoch(message.who.id) == message.who.epoch;
    if (!is_present) return;
    for (const auto& which : message.replicas) {
      if (!context.draft.has_partition(which)) continue;
      auto record = context.draft.partition(which.topic_id, which.partition);
      const auto view = view_of(context, context.draft.find_topic(which.topic_id)->configs);
      if (!replica_failed(record, message.who, view)) continue;
      context.draft.set_partition(which.topic_id, which.partition, std::move(record));
    }
  });
}

}  // namespace ottla
