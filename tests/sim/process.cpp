#include "tests/sim/process.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <functional>

#include "actors/gateway/session_actor.hpp"
#include "tests/support/asking.hpp"

namespace ottla::sim {
namespace {

constexpr size_t open_files_max = 1000;

template <class Answer, class Handle, class Question>
void ask(caf::actor_system& system, Handle whom, Question question,
         std::function<void(const Answer&)> then) {
  auto asker = system.spawn<asking_actor>([=](caf::event_based_actor& self) {
    self.request(whom, caf::infinite, question)
        .then(
            [then, &self](const Answer& answer) {
              then(answer);
              self.quit();
            },
            [&self](const caf::error&) { self.quit(); });
  });
  caf::anon_send(asker, caf::unit);
}

}  // namespace

process::process(machine& on, const broker_config& config, const process_options& options)
    : machine_(on), disk_(on.disk, options.lie), memory_(memory_budget_options{}) {
  random_source random{options.seed};
  auto dirs = options.cluster_id.empty()
                  ? open_log_dirs(disk_, config, random)
                  : open_log_dirs_of(disk_, config, random, open_files_max, options.cluster_id);
  if (!dirs) {
    failure_ = dirs.error().message;
    return;
  }
  for (size_t i = 0; i < options.units; ++i) {
    units_.push_back(std::make_unique<simulated_unit>(
        static_cast<uint32_t>(i), unit_resources{&on.time, &memory_}, random.next()));
  }
  system_config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(system_config_);
  system_->await_actors_before_shutdown(false);
  start(on, config, options, std::move(*dirs));
}

void process::start(machine& on, const broker_config& config, const process_options& options,
                    opened_log_dirs dirs) {
  cluster_id_ = dirs.cluster_id;
  auto mailbox = std::make_shared<store_mailbox>();
  auto store = on.metadata.connect(store_mailbox::executor(mailbox));
  store_ = store.get();
  std::vector<unit*> units;
  for (auto& each : units_) units.push_back(each.get());
  node_ = std::make_unique<node>(*system_, config,
                                 node_seams{.units = std::move(units),
                                            .memory = &memory_,
                                            .time = &on.time,
                                            .disk = &disk_,
                                            .store = std::move(store),
                                            .mailbox = std::move(mailbox),
                                            .cluster_secret = options.cluster_secret,
                                            .connect = options.connect},
                                 std::move(dirs), [this](const std::string& why) {
                                   if (!is_dead_) failure_ = why;
                                 });
  ask<broker_started>(*system_, node_->supervisor(), node_->introduction(config.listeners),
                      [this](const broker_started& answer) {
                        started_ = answer;
                        if (answer.failure) failure_ = answer.failure->message;
                      });
}

process::~process() {
  is_dead_ = true;
  disk_.die();
  if (!system_) return;
  if (store_ != nullptr && !stopped_) store_->close();
  for (auto& each : connections_) {
    caf::anon_send_exit(each.session, caf::exit_reason::kill);
  }
  node_->end();
  bool busy = true;
  while (busy) {
    busy = false;
    for (; runnable() > 0; run_one(0)) busy = true;
    for (size_t i = 0; i < units_.size(); ++i) busy = end_burst(i) || busy;
    for (auto& each : connections_) busy = each.wire->pump() || busy;
  }
  connections_.clear();
  node_.reset();
  scheduler().run();
  system_.reset();
}

std::shared_ptr<simulated_transport> process::serve(std::string listener,
                                                    std::span<const route> routes) {
  auto wire = std::make_shared<simulated_transport>();
  auto& home = *units_[connections_.size() % units_.size()];
  session_setup born;
  born.connection = wire;
  born.listener = std::move(listener);
  born.routes = routes;
  born.services = &node_->services();
  connections_.push_back({wire, spawn_session(*system_, home, std::move(born))});
  return wire;
}

std::shared_ptr<simulated_transport> process::connect() {
  return serve("PLAINTEXT", client_routes());
}

std::shared_ptr<simulated_transport> process::connect_broker() {
  return serve("REPLICATION", broker_routes());
}

image_ptr process::image() const {
  return node_->services().metadata->get();
}

void process::begin_stop() {
  is_stopping_ = true;
  for (auto& each : connections_) caf::anon_send(each.session, close_session{});
  node_->end_coordinators();
  ask<broker_stopped>(*system_, node_->supervisor(), stop_broker{},
                      [this](const broker_stopped& answer) { stopped_ = answer; });
}

void process::begin_move(const topic_partition& which, const std::string& directory) {
  ask<replica_move_begun>(*system_, node_->supervisor(), move_replica{which, directory},
                          [this](const replica_move_begun& begun) {
                            if (begun.error == error_code::none) ++moves_;
                          });
}

size_t process::runnable() {
  return system_ ? scheduler().jobs.size() : 0;
}

/// An actor that runs because of its socket or timer must not think that it still is where it ran
/// last: the test scheduler's execution units live for one message.
void process::run_one(size_t which) {
  auto& jobs = scheduler().jobs;
  std::swap(jobs.front(), jobs[which]);
  caf::strong_actor_ptr ran;
  if (auto* actor = dynamic_cast<caf::local_actor*>(jobs.front())) ran = actor->ctrl();
  scheduler().try_run_once();
  if (ran) dynamic_cast<caf::local_actor&>(*ran->get()).context(nullptr);
}

bool process::end_burst(size_t unit) {
  return units_[unit]->end_burst();
}

bool process::pump(size_t connection) {
  auto& each = connections_[connection];
  const bool moved = each.wire->pump();
  if (!moved && each.wire->is_closed) {
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(connection));
  }
  return moved;
}

bool process::run_due_timers() {
  bool any = false;
  for (auto& each : units_) {
    if (!each->wake_ms() || *each->wake_ms() > machine_.time.mono_ms()) continue;
    each->wake();
    any = true;
  }
  return any;
}

std::optional<int64_t> process::next_timer_ms() const {
  std::optional<int64_t> next;
  for (const auto& each : units_) {
    if (each->wake_ms() && (!next || *each->wake_ms() < *next)) next = each->wake_ms();
  }
  return next;
}

bool process::agrees_on_cluster() const {
  return node_->services().metadata->get()->cluster_id() == cluster_id_;
}

}  // namespace ottla::sim
