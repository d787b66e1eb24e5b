#include "tests/sim/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/runtime/log.hpp"
#include "tests/sim/admin_clients.hpp"
#include "tests/sim/client.hpp"

namespace ottla::sim {
namespace {

constexpr int64_t quiet_limit_ms = 600'000;
constexpr int64_t quiet_limit_steps = 2'000'000;
constexpr int64_t wall_jump_max_ms = 25 * 60 * 1000;  // less than what timestamps may be off

broker_config config_of(random_source& random) {
  config_layers layers;
  auto set = [&](const char* key, std::string value) {
    layers.statics[key] = {std::move(value), "simulation"};
  };
  set("node.id", "1");
  set("log.dirs", random.below(3) == 0 ? "/disk/a,/disk/b" : "/disk/a");
  set("listeners", "PLAINTEXT://127.0.0.1:9092");
  set("offsets.topic.num.partitions", "2");
  set("offsets.topic.replication.factor", "1");
  set("group.initial.rebalance.delay.ms", "0");
  set("num.recovery.threads.per.data.dir", std::to_string(1 + random.below(2)));
  set("log.flush.offset.checkpoint.interval.ms", std::to_string(20 + random.below(500)));
  set("log.initial.task.delay.ms", std::to_string(50 + random.below(1000)));
  set("log.retention.check.interval.ms", "300");
  set("ottla.scrub.max.bytes.per.second", "0");  // paused by a clock that nobody simulates
  if (random.below(2) == 0) set("ottla.log.dir.reserve.bytes", "0");
  return make_broker_config(std::move(layers), "localhost")->config;
}

std::vector<log_name> logs_of(int32_t partitions) {
  std::vector<log_name> logs;
  for (int32_t p = 0; p < partitions; ++p) logs.push_back({"orders", p});
  return logs;
}

class simulation {
public:
  explicit simulation(const simulation_options& options)
      : options_(options),
        random_(options.seed),
        machine_(random_.next(), time_, metadata_),
        config_(config_of(random_)),
        partitions_(1 + static_cast<int32_t>(random_.below(2))),
        units_(1 + random_.below(2)),
        facts_(partitions_),
        world_{.time = machine_.time,
               .random = random_,
               .facts = facts_,
               .connect = [this] { return connect(); },
               .trace = [this](uint64_t what) { trace(what); },
               .logs = logs_of(partitions_)} {
    hire_clients();
  }

  simulation_result run() {
    const auto rounds = 1 + random_.below(4);
    for (uint64_t i = 0; i < rounds && facts_.violations.empty(); ++i) round();
    if (facts_.violations.empty()) finish();
    result_.violations = facts_.violations;
    result_.virtual_ms = machine_.time.mono_ms();
    result_.records_acknowledged = facts_.records_acknowledged;
    result_.records_fetched = facts_.records_fetched;
    trace(static_cast<uint64_t>(machine_.disk.changes()));
    return result_;
  }

private:
  void trace(uint64_t what) {
    result_.trace = (result_.trace ^ what) * 0x9e3779b97f4a7c15u;
    result_.trace ^= result_.trace >> 29;
  }

  void hire_clients() {
    clients_.push_back(std::make_unique<topic_maker>(
        world_, topic_plan{.name = world_.log(0).topic,
                           .partitions = partitions_,
                           .segment_bytes = static_cast<int32_t>(6000 + random_.below(20'000))}));
    int32_t number = 0;
    for (int32_t p = 0; p < partitions_; ++p) {
      add_producer({.number = ++number, .log = p, .batches = batches()});
      if (random_.below(2) == 0) {
        add_producer({.number = ++number, .log = p, .batches = batches()});
      }
      add_producer({.number = ++number,
                    .log = p,
                    .batches = batches(),
                    .is_idempotent = false,
                    .acks = static_cast<int16_t>(random_.below(2) == 0 ? 1 : -1),
                    .retries_blindly = options_.producers_retry_blindly});
      clients_.push_back(std::make_unique<consumer>(world_, p, false));
    }
    auto group =
        std::make_unique<committer>(world_, "readers", 1 + static_cast<int64_t>(random_.below(20)));
    group_ = group.get();
    clients_.push_back(std::move(group));
  }

  int32_t batches() { return 5 + static_cast<int32_t>(random_.below(40)); }

  void add_producer(const producer_options& options) {
    auto made = std::make_unique<producer>(world_, options);
    producers_.push_back(made.get());
    clients_.push_back(std::move(made));
  }

  std::shared_ptr<simulated_transport> connect() {
    return process_ && process_->serves() ? process_->connect() : nullptr;
  }

  // --- rounds ---

  void choose_faults() {
    world_.cut_one_in = random_.below(2) == 0 ? 0 : 10 + random_.below(60);
    world_.dribbles = random_.below(2) == 0;
    full_disk_one_in_ = random_.below(4) == 0 ? 300 + random_.below(1000) : 0;
    failed_sync_one_in_ = random_.below(5) == 0 ? 500 + random_.below(2000) : 0;
    clock_jump_one_in_ = random_.below(4) == 0 ? 200 + random_.below(1000) : 0;
    move_one_in_ = config_.log_dirs.size() > 1 ? 50 + random_.below(500) : 0;
  }

  void round() {
    choose_faults();
    sync_failed_ = false;
    start_process();
    const auto steps =
        200 + static_cast<int64_t>(random_.below(random_.below(3) == 0 ? 12'000 : 3000));
    for (int64_t i = 0; i < steps && facts_.violations.empty(); ++i) {
      make_trouble();
      step();
      if (process_->failure()) {
        broker_gave_up();
        make_room();
        return crash(random_.below(2) == 0);
      }
    }
    make_room();
    switch (random_.below(4)) {
      case 0:
        return crash(false);
      case 1:
        return stop_cleanly();
      default:
        return crash(true);
    }
  }

  void start_process() {
    process_ = std::make_unique<process>(
        machine_, config_,
        process_options{.seed = random_.next(), .units = units_, .lie = options_.lie});
    if (process_->failure()) {
      facts_.violated("the broker does not start: " + *process_->failure());
    }
  }

  /// Only a disk that failed is a reason.
  void broker_gave_up() {
    if (!sync_failed_) facts_.violated("the broker gave up: " + *process_->failure());
  }

  void crash(bool is_power_cut) {
    ++(is_power_cut ? result_.power_cuts : result_.process_crashes);
    end_process();
    is_power_cut ? machine_.disk.cut_power() : machine_.disk.kill_process();
  }

  void end_process() {
    result_.moves += process_->moves();
    process_.reset();
    for (auto& each : clients_) each->lose_connection();
  }

  void stop_cleanly() {
    ++result_.clean_stops;
    process_->begin_stop();
    for (int64_t i = 0; i < quiet_limit_steps && !process_->stopped(); ++i) {
      step();
      if (!process_->failure()) continue;
      broker_gave_up();
      return crash(false);
    }
    if (!process_->stopped()) return facts_.violated("the broker does not stop");
    if (!process_->stopped()->is_clean && !sync_failed_) facts_.violated("a stop was not clean");
    end_process();
    machine_.disk.kill_process();
  }

  void make_trouble() {
    if (full_disk_one_in_ > 0 && random_.below(full_disk_one_in_) == 0) {
      ++result_.full_disks;
      machine_.disk.limit_space(machine_.disk.used_bytes() +
                                static_cast<int64_t>(random_.below(4000)));
      full_until_us_ = machine_.time.now_us + static_cast<int64_t>(1 + random_.below(500)) * 1000;
    }
    if (machine_.time.now_us >= full_until_us_) make_room();
    if (failed_sync_one_in_ > 0 && random_.below(failed_sync_one_in_) == 0) {
      ++result_.failed_syncs;
      sync_failed_ = true;
      machine_.disk.fail(disk_operation::sync, EIO);
    }
    if (clock_jump_one_in_ > 0 && random_.below(clock_jump_one_in_) == 0) {
      ++result_.clock_jumps;
      machine_.time.wall_offset_ms =
          static_cast<int64_t>(random_.below(2 * wall_jump_max_ms)) - wall_jump_max_ms;
    }
    if (move_one_in_ > 0 && random_.below(move_one_in_) == 0) move_something();
  }

  /// A replica goes to another log directory, or is told to stay after all.
  void move_something() {
    const auto topic = random_.below(3) == 0 ? "__consumer_offsets" : "orders";
    const auto partition = static_cast<partition_index>(random_.below(2));
    process_->begin_move({topic, partition},
                         config_.log_dirs[random_.below(config_.log_dirs.size())]);
  }

  void make_room() { machine_.disk.limit_space(std::nullopt); }

  // --- the end ---

  void finish() {
    world_.cut_one_in = 0;
    world_.dribbles = false;
    make_room();
    sync_failed_ = false;
    start_process();
    group_->check_again();
    if (!run_until_done()) return;
    if (!process_->agrees_on_cluster()) {
      return facts_.violated("log directories and metadata name different clusters");
    }
    facts_.begin_last_read();
    for (int32_t p = 0; p < partitions_; ++p) {
      clients_.push_back(std::make_unique<consumer>(world_, p, true));
    }
    if (!run_until_done()) return;
    for (int32_t p = 0; p < partitions_; ++p) {
      std::map<int32_t, int32_t> counts;
      for (const auto* each : producers_) {
        if (each->options().log == p && each->options().is_idempotent) {
          counts[each->options().number] = each->records();
        }
      }
      facts_.check_whole(p, counts);
    }
    stop_cleanly();
  }

  /// Without faults every client comes to its end.
  bool run_until_done() {
    const auto until_us = machine_.time.now_us + quiet_limit_ms * 1000;
    int64_t steps = 0;
    while (facts_.violations.empty()) {
      const auto open = std::find_if(clients_.begin(), clients_.end(), [](const auto& each) {
        return !each->is_done() && !each->name().starts_with("consumer");
      });
      if (open == clients_.end()) return true;
      if (machine_.time.now_us > until_us || ++steps > quiet_limit_steps) {
        facts_.violated(fmt::format("{} does not come to its end", (*open)->name()));
        break;
      }
      step();
      if (process_->failure()) broker_gave_up();
    }
    return false;
  }

  // --- one step ---

  void step() {
    ++result_.steps;
    const auto choice = random_.below(16);
    trace(choice);
    if (do_one(choice)) {
      idle_ = 0;
      return;
    }
    if (++idle_ < 4) return;
    idle_ = 0;
    if (!do_anything()) pass_time();
  }

  bool do_one(uint64_t choice) {
    if (choice < 10) return run_actor();
    if (choice < 12) {
      return process_->connections() > 0 && process_->pump(random_.below(process_->connections()));
    }
    if (choice < 14) return act(random_.below(clients_.size()));
    if (choice == 14) return process_->end_burst(random_.below(units_));
    if (random_.below(16) == 0)
      advance_to(machine_.time.now_us + 1 + static_cast<int64_t>(random_.below(1000)));
    return true;
  }

  bool run_actor() {
    const auto count = process_->runnable();
    trace(count);
    if (count == 0) return false;
    const auto which = random_.below(count);
    trace(which);
    process_->run_one(which);
    return true;
  }

  bool act(size_t which) {
    trace(which);
    return clients_[which]->act();
  }

  bool do_anything() {
    if (run_actor()) return true;
    for (size_t i = 0; i < units_; ++i) {
      if (process_->end_burst(i)) return true;
    }
    for (size_t i = process_->connections(); i > 0; --i) {
      if (process_->pump(i - 1)) return true;
    }
    for (size_t i = 0; i < clients_.size(); ++i) {
      if (act(i)) return true;
    }
    return false;
  }

  /// On to the next thing that waits for its time.
  void pass_time() {
    auto next_us = machine_.time.now_us + 1'000'000;
    if (auto timer = process_->next_timer_ms()) next_us = std::min(next_us, *timer * 1000);
    for (const auto& each : clients_) {
      if (each->next_us() > machine_.time.now_us) next_us = std::min(next_us, each->next_us());
    }
    advance_to(std::max(next_us, machine_.time.now_us + 1));
  }

  void advance_to(int64_t us) {
    machine_.time.now_us = us;
    process_->run_due_timers();
  }

  const simulation_options options_;
  random_source random_;
  world_clock time_;
  memory_ensemble metadata_;
  machine machine_;
  const broker_config config_;
  const int32_t partitions_;
  const uint64_t units_;
  history facts_;
  client_world world_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<producer*> producers_;
  committer* group_ = nullptr;
  std::unique_ptr<process> process_;
  simulation_result result_;
  uint64_t full_disk_one_in_ = 0;
  uint64_t failed_sync_one_in_ = 0;
  bool sync_failed_ = false;  // in this life of the broker
  uint64_t clock_jump_one_in_ = 0;
  uint64_t move_one_in_ = 0;
  int64_t full_until_us_ = 0;
  int idle_ = 0;
};

}  // namespace

simulation_result simulate(const simulation_options& options) {
  log::start({.least = log::level::off});  // crashes are told in the result, not in the log
  return simulation{options}.run();
}

}  // namespace ottla::sim
