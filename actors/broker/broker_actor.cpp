#include "actors/broker/broker_actor.hpp"

#include <algorithm>
#include <caf/error.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <utility>

#include "actors/runtime/log.hpp"

namespace ottla {
namespace {

/// Every topic there is, and those that have gone: new defaults of the broker reach them all.
std::vector<uuid> all_topics(const metadata_image& image, const image_changed& change) {
  std::set<uuid> all{change.changed_topics->begin(), change.changed_topics->end()};
  image.for_each_topic([&](const topic_ptr& topic) { all.insert(topic->id()); });
  return {all.begin(), all.end()};
}

/// How long a fetch may wait where nothing is written: its arrival is the sign of life that the
/// ISR, and a leader that has lost the store, count on.
int32_t idle_fetch_wait_ms(const broker_config& config) {
  constexpr int64_t most_ms = 5'000;
  const auto patience_ms =
      std::min<int64_t>(config.replica_lag_time_max_ms, config.zookeeper_session_timeout_ms);
  return std::max(config.replica_fetch_wait_max_ms,
                  static_cast<int32_t>(std::min(patience_ms / 4, most_ms)));
}

/// What CAF says for an actor that was gone before it was asked.
caf::error ended() {
  return caf::make_error(caf::sec::request_receiver_down);
}

}  // namespace

broker_actor::broker_actor(caf::actor_config& config, unit& where, broker_setup setup)
    : pinned(config, where), setup_(std::move(setup)), config_(setup_.config->get()) {
  self_.id = config_->node_id;
  if (setup_.connect) {
    sources_.emplace(system(), setup_.services->units, std::exchange(setup_.connect, nullptr),
                     throttle_of(throttled_side::follower));
  }
  use_throttles();
  last_checkpoints_.resize(setup_.directories.size());
}

broker_actor::behavior_type broker_actor::make_behavior() {
  set_down_handler([this](const caf::down_msg& down) { partition_down(down); });
  maintain_timer_ = arm_timer(config_->initial_task_delay_ms, maintain_token);
  return {
      [this](const start_broker& wanted) { return start(wanted); },
      [this](const image_changed& change) { apply(change); },
      [this](const store_session_changed& changed) {
        if (changed.event == session_event::expired) session_expired();
      },
      [this](const broker_registered& entered) { begin_new_life(entered.epoch); },
      [this](const find_partition& wanted) { return find(wanted.which); },
      [this](const move_replica& wanted) { return move(wanted); },
      [this](const query_moves&) { return describe_moves(); },
      [this](const directory_failed& failed) { fail_directory(failed); },
      [this](const log_progressed& progressed) {
        dirty_.insert(progressed.which);
        note_log_start(progressed);
        want_cleaning(progressed.which);
        if (checkpoint_timer_ || is_stopping_) return;
        checkpoint_timer_ =
            arm_timer(config_->flush_offset_checkpoint_interval_ms, checkpoint_token);
      },
      [this](const hand_over_leaderships& wanted) { return hand_over(wanted); },
      [this](const stop_broker&) { return stop(); },
      [this](const timer_expired& timer) {
        if (timer.token == checkpoint_token) return save_dirty();
        if (timer.token == maintain_token) return maintain_all();
        if (timer.token == clean_token) return clean();
        if (timer.token == clean_later_token) return clean_what_is_late();
        if (timer.token == scrub_token) return scrub();
        if (timer.token == hand_over_token) return handed_over();
        reopen(timer.token);
      },
  };
}

void broker_actor::on_exit() {
  disk_work_.request_stop();
  setup_.open->clear();
  if (sources_) sources_->end();
  if (setup_.proposals) {
    caf::anon_send_exit(setup_.proposals, caf::exit_reason::user_shutdown);
  }
  for (auto& [key, partition] : partitions_) {
    for (auto& promise : partition.waiting) {
      promise.deliver(partition_found{{}, error_code::not_leader_or_follower});
    }
    if (partition.actor) caf::anon_send_exit(partition.actor, caf::exit_reason::user_shutdown);
  }
  partitions_.clear();
  moves_.clear();
  // Whoever waits for an answer would wait for ever.
  for (auto& promise : std::exchange(starting_, {})) promise.deliver(ended());
  for (auto& promise : std::exchange(stopping_, {})) promise.deliver(ended());
  if (handing_over_.pending()) handing_over_.deliver(ended());
  caf::anon_send_exit(setup_.cleaner, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(setup_.scrubber, caf::exit_reason::user_shutdown);
  for (auto& crew : setup_.directories) {
    caf::anon_send_exit(crew.owner, caf::exit_reason::user_shutdown);
    for (auto& disk : crew.flushers) caf::anon_send_exit(disk, caf::exit_reason::user_shutdown);
    for (auto& disk : crew.workers) caf::anon_send_exit(disk, caf::exit_reason::user_shutdown);
  }
  setup_ = {};
}

// --- start ---

caf::result<broker_started> broker_actor::start(const start_broker& wanted) {
  auto promise = make_response_promise<broker_started>();
  starting_.push_back(promise);
  this->request(setup_.metadata, caf::infinite,
                register_broker{wanted.registration, wanted.previous_incarnation})
      .then([this](const register_broker_result& result) { registered(result); },
            [this](const caf::error&) {
              registered({error_code::unknown_server_error, "the metadata actor is gone",
                          no_broker_epoch});
            });
  return promise;
}

void broker_actor::registered(const register_broker_result& result) {
  if (result.error != error_code::none) {
    for (auto& promise : std::exchange(starting_, {})) {
      promise.deliver(broker_started{fault{result.error, result.message, 0}});
    }
    return;
  }
  self_.epoch = result.epoch;
  is_registered_ = true;
  caf::anon_send(setup_.metadata, subscribe_images{caf::weak_actor_ptr{ctrl()}, true});
}

// --- images ---

void broker_actor::apply(const image_changed& change) {
  if (is_stopping_ || !is_registered_) return;
  image_ = change.after;
  const auto config = setup_.config->get();
  const bool is_reconfigured = std::exchange(config_, config) != config;
  if (is_reconfigured) use_throttles();
  use_sources();
  apply_topics(is_reconfigured ? all_topics(*image_, change) : *change.changed_topics);
}

void broker_actor::apply_topics(const std::vector<uuid>& topics) {
  const auto sequence = image_->sequence();
  open_batches batches;
  size_t steps = 0;
  for (const auto& topic_id : topics) {
    auto topic = image_->find_topic(topic_id);
    if (!topic) {
      steps += retire(topic_id, sequence);
      continue;
    }
    steps += remove_moved_away(*topic, sequence);
    for (const auto& replica : replicas_of(*topic, self_, *config_)) {
      steps += adopt(replica, sequence, batches);
    }
  }
  is_image_new_ = false;
  repeat_moved_away();
  steps += remove_doomed(sequence);
  progress_.begin(sequence, steps);
  for (auto& [directory, batch] : batches) open_batch(directory, std::move(batch));
  report_applied();
}

/// The registration is gone: others may lead by now what this broker has led. It follows again when
/// it is registered anew.
void broker_actor::session_expired() {
  log::warn("broker",
            "the session with ZooKeeper has expired: this broker leads nothing until it "
            "is registered again");
  begin_new_life(no_broker_epoch);
}

void broker_actor::begin_new_life(broker_epoch epoch) {
  if (std::exchange(self_.epoch, epoch) == epoch || !image_ || is_stopping_) return;
  use_sources();
  std::vector<uuid> all;
  image_->for_each_topic([&](const topic_ptr& topic) { all.push_back(topic->id()); });
  apply_topics(all);
}

void broker_actor::use_sources() {
  if (!sources_) return;
  sources_->use(image_, self_,
                {.max_wait_ms = config_->replica_fetch_wait_max_ms,
                 .idle_wait_ms = idle_fetch_wait_ms(*config_),
                 .min_bytes = config_->replica_fetch_min_bytes,
                 .max_bytes = config_->replica_fetch_response_max_bytes,
                 .partition_max_bytes = config_->replica_fetch_max_bytes},
                config_->replica_fetch_backoff_ms);
}

void broker_actor::use_throttles() {
  sending_->limit(throttled_bytes_per_second(*config_, throttled_side::leader));
  receiving_->limit(throttled_bytes_per_second(*config_, throttled_side::follower));
}

replica_throttle broker_actor::throttle_of(throttled_side side) const {
  return {.quota = side == throttled_side::leader ? sending_ : receiving_,
          .is_for = [=, self = self_.id, services = setup_.services](const auto& which) {
            auto image = services->metadata->get();
            auto topic = image ? image->find_topic(which.topic_id) : nullptr;
            return topic && is_throttled(topic->configs(), side, which.partition, self);
          }};
}

void broker_actor::report_applied() {
  auto applied = progress_.take_applied();
  if (!applied) return;
  caf::anon_send(setup_.services->controller, image_applied{*applied});
  if (!std::exchange(is_settled_, true)) settled();
  if (image_->sequence() == *applied) report_image(*image_);
}

void broker_actor::report_image(const metadata_image& image) {
  const auto* state = image.broker_states().find(self_.id);
  // The controller has not seen this incarnation yet.
  if (state == nullptr || state->epoch != self_.epoch) return;
  report_lost({lost_.begin(), lost_.end()});  // before it may lead
  if (state->status == broker_status::fenced) {
    // Said again with every image: a controller that has just resigned may have missed it.
    caf::anon_send(setup_.services->controller, broker_ready{self_.id, self_.epoch});
    return;
  }
  for (auto& promise : std::exchange(starting_, {})) promise.deliver(broker_started{});
  if (!handing_over_.pending()) return;
  if (state->status != broker_status::stopping) {
    // For the same reason.
    caf::anon_send(setup_.services->controller, broker_stopping{self_.id, self_.epoch});
  } else if (leaderships_to_hand_over() == 0) {
    handed_over();
  }
}

// --- stop ---

/// Clients are served all the while: by the new leaders as soon as those know, by nobody twice.
caf::result<leaderships_handed_over> broker_actor::hand_over(const hand_over_leaderships& wanted) {
  auto promise = make_response_promise<leaderships_handed_over>();
  if (!sources_ || !image_ || self_.epoch == no_broker_epoch || handing_over_.pending()) {
    promise.deliver(leaderships_handed_over{});
    return promise;
  }
  handing_over_ = promise;
  hand_over_timer_ = arm_timer(wanted.patience_ms, hand_over_token);
  caf::anon_send(setup_.services->controller, broker_stopping{self_.id, self_.epoch});
  return promise;
}

size_t broker_actor::leaderships_to_hand_over() const {
  size_t count = 0;
  image_->for_each_topic([&](const topic_ptr& topic) {
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const auto& record = topic->partition(i);
      count += record.leader == self_ && record.isr.size() > 1 ? 1 : 0;
    }
  });
  return count;
}

void broker_actor::handed_over() {
  cancel_timer(hand_over_timer_);
  if (!handing_over_.pending()) return;
  std::exchange(handing_over_, {}).deliver(leaderships_handed_over{leaderships_to_hand_over()});
}

caf::result<broker_stopped> broker_actor::stop() {
  auto promise = make_response_promise<broker_stopped>();
  stopping_.push_back(promise);
  if (std::exchange(is_stopping_, true)) return promise;
  cancel_timer(checkpoint_timer_);
  cancel_timer(maintain_timer_);
  cancel_timer(clean_timer_);
  cancel_timer(clean_later_timer_);
  cancel_timer(scrub_timer_);
  disk_work_.request_stop();
  setup_.open->clear();
  if (sources_) sources_->end();
  stops_left_ = 1;  // for this function
  for (auto& [key, partition] : partitions_) {
    if (partition.state == phase::moving) {
      ++stops_left_;  // it reports when it is at rest
      continue;
    }
    // A log that was never brought up still needs what a crash asks for.
    if (partition.state != phase::open && partition.state != phase::closing) {
      unsure_directories_.insert(partition.directory);
    }
    if (partition.state != phase::open) continue;
    partition.state = phase::closing;
    ++stops_left_;
    auto directory = partition.directory;
    this->request(partition.actor, caf::infinite, close_partition{})
        .then([=, this](const partition_closed& closed) { stopped_one(closed, directory); },
              [=, this](const caf::error&) { stopped_one({}, directory); });
  }
  if (--stops_left_ == 0) finish_stop();
  return promise;
}

void broker_actor::stopped_one(const partition_closed& closed, size_t directory) {
  if (closed.is_clean) {
    auto& checkpoints = last_checkpoints_[directory];
    const auto& facts = closed.facts;
    checkpoints.recovery_points[facts.which] = facts.log_end_offset;
    checkpoints.log_starts[facts.which] = facts.log_start_offset;
    checkpoints.high_watermarks[facts.which] = facts.high_watermark;
  } else {
    is_stop_clean_ = false;
    setup_.directories[directory].is_offline = true;
  }
  if (--stops_left_ == 0) finish_stop();
}

void broker_actor::finish_stop() {
  stops_left_ = setup_.directories.size();
  for (size_t i = 0; i < setup_.directories.size(); ++i) {
    auto& crew = setup_.directories[i];
    if (crew.is_offline) {
      directory_done(false);
      continue;
    }
    auto failed = [this](const caf::error&) { directory_done(false); };
    this->request(crew.owner, caf::infinite, std::move(last_checkpoints_[i]))
        .then(
            [=, this](const disk_done& saved) {
              if (saved.failure) return directory_done(false);
              if (unsure_directories_.contains(i)) return directory_done(true);
              this->request(setup_.directories[i].owner, caf::infinite, mark_clean{self_.epoch})
                  .then([this](const disk_done& marked) { directory_done(!marked.failure); },
                        failed);
            },
            failed);
  }
}

void broker_actor::directory_done(bool is_clean) {
  is_stop_clean_ = is_stop_clean_ && is_clean;
  if (--stops_left_ > 0) return;
  for (auto& promise : std::exchange(stopping_, {}))
    promise.deliver(broker_stopped{is_stop_clean_});
}

}  // namespace ottla
