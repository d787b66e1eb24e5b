#include "tests/sim/cluster_simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "actors/runtime/log.hpp"
#include "tests/sim/admin_clients.hpp"
#include "tests/sim/client.hpp"
#include "tests/sim/cluster_facts.hpp"
#include "tests/sim/simulated_cluster.hpp"

namespace ottla::sim {
namespace {

constexpr int64_t quiet_limit_ms = 600'000;
constexpr int64_t quiet_limit_steps = 8'000'000;

class cluster_simulation {
public:
  cluster_simulation(uint64_t seed, cluster_mistake mistake)
      : random_(seed),
        mistake_(mistake),
        facts_(3),
        world_{.time = time_,
               .random = random_,
               .facts = facts_,
               .connect = [this] { return cluster_.connect_client(); },
               .trace = [this](uint64_t what) { trace(what); },
               .logs = {{"orders", 0}, {"orders", 1}, {"parcels", 0}},
               .patience_ms = 1000 + static_cast<int64_t>(random_.below(30'000)),
               .has_replicas = true},
        cluster_(
            random_, time_,
            {.trace = [this](uint64_t what) { trace(what); },
             .violated = [this](const std::string& what) { facts_.violated(what); },
             .ended = [this](const broker_place& where) { leaderships_.forget(where.name()); }}),
        // Without fsync a record is safe with the processes, and with all machines but one.
        may_cut_power_(random_.below(2) == 0) {
    hire_clients();
  }

  cluster_result run() {
    const auto rounds = 1 + random_.below(4);
    for (uint64_t i = 0; i < rounds && facts_.violations.empty(); ++i) round();
    if (facts_.violations.empty()) finish();
    result_.violations = facts_.violations;
    result_.virtual_ms = time_.mono_ms();
    count("records acknowledged") = facts_.records_acknowledged;
    count("records fetched") = facts_.records_fetched;
    cluster_.end_all();
    return result_;
  }

private:
  int64_t& count(const char* what) { return result_.counts[what]; }

  void trace(uint64_t what) {
    result_.trace = (result_.trace ^ what) * 0x9e3779b97f4a7c15u;
    result_.trace ^= result_.trace >> 29;
  }

  void hire_clients() {
    const auto parcels_min = 1 + random_.below(2);
    make_topic("orders", 2, broker_count, 2);
    make_topic("parcels", 1, 2, parcels_min);
    auto moves = std::make_unique<mover>(
        world_,
        std::vector<mover::goal>{{"orders", 2, 2},
                                 {"parcels", 1, parcels_min},
                                 {"__consumer_offsets", group_partitions, 2}},
        broker_count);
    mover_ = moves.get();
    clients_.push_back(std::move(moves));
    for (int32_t number = 1; number <= 2; ++number)
      add_producer({.number = number, .batches = batches()});
    add_producer({.number = 3, .batches = batches(), .is_idempotent = false});
    add_producer({.number = 4, .log = 1, .batches = batches() / 2});
    add_producer({.number = 5, .log = 2, .batches = batches() / 2});
    for (int32_t log = 0; log < logs(); ++log) {
      clients_.push_back(std::make_unique<consumer>(world_, log, false));
    }
    for (const auto* name : {"readers", "writers"}) {
      auto group =
          std::make_unique<committer>(world_, name, 1 + static_cast<int64_t>(random_.below(20)));
      groups_.push_back(group.get());
      clients_.push_back(std::move(group));
    }
  }

  void make_topic(const char* name, int32_t partitions, int16_t factor, uint64_t min_insync) {
    topic_plan plan{.name = name,
                    .partitions = partitions,
                    .replication_factor = factor,
                    .segment_bytes = static_cast<int32_t>(6000 + random_.below(20'000))};
    plan.configs = {{"min.insync.replicas", std::to_string(min_insync)},
                    {"ottla.durability", may_cut_power_ ? "fsync" : "replicated"}};
    clients_.push_back(std::make_unique<topic_maker>(world_, std::move(plan)));
  }

  [[nodiscard]] int32_t logs() const { return static_cast<int32_t>(world_.logs.size()); }
  int32_t batches() { return 10 + static_cast<int32_t>(random_.below(60)); }

  void add_producer(const producer_options& options) {
    auto made = std::make_unique<producer>(world_, options);
    producers_.push_back(made.get());
    clients_.push_back(std::move(made));
  }

  // --- faults ---

  void choose_faults() {
    const auto one_in = [&](uint64_t chance, uint64_t least, uint64_t span) {
      return random_.below(chance) == 0 ? least + random_.below(span) : 0;
    };
    world_.cut_one_in = one_in(2, 10, 60);
    crash_one_in_ = one_in(2, 1000, 4000);
    cut_one_in_ = one_in(2, 500, 4000);
    reset_one_in_ = one_in(2, 200, 2000);
    expire_one_in_ = one_in(2, 1000, 4000);
    hang_one_in_ = one_in(3, 1000, 4000);
    pause_one_in_ = one_in(2, 1000, 4000);
    const auto unknown_one_in = one_in(2, 5, 40);
    cluster_.store().fate = [this, unknown_one_in](const std::vector<store_write>&) {
      if (unknown_one_in == 0 || random_.below(unknown_one_in) != 0) return commit_fate::normal;
      ++count("commits of unknown end");
      return random_.below(2) == 0 ? commit_fate::lost_request : commit_fate::lost_answer;
    };
  }

  bool comes(uint64_t one_in) { return one_in > 0 && random_.below(one_in) == 0; }

  void make_trouble() {
    if (auto& one = cluster_.any_place(); comes(crash_one_in_) && one.runs) {
      const bool is_power_cut = may_cut_power_ && random_.below(2) == 0;
      ++count(is_power_cut ? "power cuts" : "process crashes");
      cluster_.crash(one, is_power_cut);
    }
    if (comes(cut_one_in_)) {
      ++count("cut networks");
      cluster_.cut_something();
    }
    if (comes(reset_one_in_) && cluster_.reset_something()) ++count("resets");
    if (auto& one = cluster_.any_place(); comes(pause_one_in_) && one.is_awake()) {
      ++count("pauses");
      cluster_.pause(one);
    }
    auto& one = cluster_.any_place();
    if (!one.is_awake() || one.reconnects_at_us != 0) return;
    if (comes(expire_one_in_)) {
      ++count("expired sessions");
      cluster_.expire(one);
    }
    if (comes(hang_one_in_)) cluster_.hang(one);
  }

  void round() {
    choose_faults();
    const auto steps = 2000 + static_cast<int64_t>(random_.below(30'000));
    for (int64_t i = 0; i < steps && facts_.violations.empty(); ++i) {
      make_trouble();
      cluster_.look_after();
      step();
    }
  }

  // --- the end ---

  void finish() {
    world_.cut_one_in = 0;
    world_.patience_ms = 0;
    cluster_.heal();
    mover_->stop();
    for (auto* each : groups_) each->check_again();
    if (!run_until("all clients have come to their ends", [this] { return clients_are_done(); }))
      return;
    if (!run_until("L2: all replicas are in sync", [this] { return is_in_sync(); })) return;
    facts_.begin_last_read();
    for (int32_t log = 0; log < logs(); ++log) {
      clients_.push_back(std::make_unique<consumer>(world_, log, true));
    }
    if (!run_until("everything is read", [this] { return clients_are_done(); })) return;
    for (int32_t log = 0; log < logs(); ++log) {
      std::map<int32_t, int32_t> counts;
      for (const auto* each : producers_) {
        const auto& options = each->options();
        if (options.log == log && options.is_idempotent) counts[options.number] = each->records();
      }
      facts_.check_whole(log, counts);
    }
    if (mistake_ == cluster_mistake::follower_has_other_bytes) {
      const auto directory = directory_of(0);
      for (auto& each : cluster_.places()) {
        auto& disk = each->on.disk;
        if (batches_on(disk, directory).empty()) continue;
        disk.flip_bit(directory + "/00000000000000000000.log", 100, 0);
        break;
      }
    }
    for (int32_t log = 0; log < logs(); ++log) compare_replicas(log);
    count("leader epochs") = leader_epochs();
    count("moves") = mover_->moves();
    count("cancelled moves") = mover_->cancelled();
  }

  [[nodiscard]] std::string directory_of(int32_t log) const {
    return fmt::format("/disk/a/{}-{}", world_.log(log).topic, world_.log(log).partition);
  }

  [[nodiscard]] partition_record record_of(int32_t log) const {
    const auto topic = cluster_.places().front()->runs->image()->find_topic(world_.log(log).topic);
    return topic->partition(world_.log(log).partition);
  }

  /// All that are in sync have the same, and nobody keeps what has been moved away.
  void compare_replicas(int32_t log) {
    const auto record = record_of(log);
    const auto disk_of = [&](broker_id id) -> const memory_file_system& {
      return cluster_.places()[static_cast<size_t>(id - 1)]->on.disk;
    };
    const auto directory = directory_of(log);
    const auto first = batches_on(disk_of(record.leader.id), directory);
    for (const auto& seat : record.isr) {
      auto differs = difference(first, batches_on(disk_of(seat.id), directory), facts_.end_of(log));
      if (differs.empty()) continue;
      facts_.violated(fmt::format("I5: log {}: brokers {} and {}: {}, below the high watermark {}",
                                  log, record.leader.id, seat.id, differs, facts_.end_of(log)));
    }
    for (const auto& each : cluster_.places()) {
      const bool is_replica = std::ranges::find(record.replicas, each->id) != record.replicas.end();
      if (is_replica || batches_on(each->on.disk, directory).empty()) continue;
      facts_.violated(fmt::format("log {}: {} keeps what was moved away ({})", log, each->name(),
                                  to_text(record)));
    }
  }

  [[nodiscard]] bool clients_are_done() const {
    return std::ranges::all_of(clients_, [](const auto& each) {
      return each->is_done() || each->name().starts_with("consumer");
    });
  }

  /// As every broker's image has it.
  [[nodiscard]] bool is_in_sync() const {
    return std::ranges::all_of(cluster_.places(), [](const auto& each) {
      if (!each->serves()) return false;
      bool all = true;
      each->runs->image()->for_each_topic([&](const topic_ptr& topic) {
        for (int32_t i = 0; i < topic->partition_count(); ++i) {
          const auto& record = topic->partition(i);
          all = all && record.isr.size() == record.replicas.size() && record.adding.empty() &&
                record.removing.empty();
        }
      });
      return all;
    });
  }

  [[nodiscard]] int64_t leader_epochs() const {
    int64_t sum = 0;
    for (int32_t log = 0; log < logs(); ++log) sum += record_of(log).leader_epoch;
    return sum;
  }

  bool run_until(std::string_view what, const std::function<bool()>& is_so) {
    const auto until_us = time_.now_us + quiet_limit_ms * 1000;
    for (int64_t steps = 0; facts_.violations.empty(); ++steps) {
      if (steps % 64 == 0 && is_so()) return true;
      if (time_.now_us > until_us || steps > quiet_limit_steps) {
        facts_.violated(fmt::format("not so in the end: {}{}{}", what, open_clients(), states()));
        break;
      }
      cluster_.look_after();
      step();
    }
    return false;
  }

  [[nodiscard]] std::string open_clients() const {
    std::string text;
    for (const auto& each : clients_) {
      if (!each->is_done() && !each->name().starts_with("consumer")) text += "\n  " + each->state();
    }
    return text;
  }

  /// What each broker's image says of all partitions.
  [[nodiscard]] std::string states() const {
    std::string text;
    for (const auto& each : cluster_.places()) {
      text += fmt::format("\n  broker {}{}: ", each->id, each->serves() ? "" : " (does not serve)");
      if (!each->runs) continue;
      const auto image = each->runs->image();
      if (!image) continue;
      text += fmt::format("sequence {}, controller {};", image->sequence(), image->controller());
      for (const auto& broker : image->brokers()) {
        text += fmt::format(" {}@{}:{}", broker.registration.id, broker.epoch,
                            static_cast<int>(broker.status));
      }
      image->for_each_topic([&](const topic_ptr& topic) {
        for (int32_t i = 0; i < topic->partition_count(); ++i) {
          text += fmt::format("\n    {}-{} {}", topic->name(), i, to_text(topic->partition(i)));
        }
      });
    }
    return text;
  }

  // --- one step ---

  void step() {
    make_step();
    check_leaderships();
  }

  void check_leaderships() {
    const auto note = [this](const std::string& wrong) {
      if (!wrong.empty()) facts_.violated(wrong);
    };
    if (std::exchange(commits_seen_, cluster_.store().commits) != cluster_.store().commits) {
      note(leaderships_.look(cluster_.store()));
    }
    for (auto& each : cluster_.places()) {
      if (!each->serves()) continue;
      auto now = each->runs->image();
      if (std::exchange(each->seen, now) == now) continue;
      now->for_each_topic([&](const topic_ptr& topic) {
        for (int32_t i = 0; i < topic->partition_count(); ++i) {
          note(leaderships_.look(each->name(), {topic->id(), i}, topic->partition(i)));
        }
      });
    }
  }

  void make_step() {
    ++result_.steps;
    const auto choice = random_.below(20);
    trace(choice);
    if (do_one(choice)) {
      idle_ = 0;
      return;
    }
    if (++idle_ < 8) return;
    idle_ = 0;
    if (!do_anything()) pass_time();
  }

  bool do_one(uint64_t choice) {
    if (choice < simulated_cluster::choices) return cluster_.act(choice);
    if (choice < 19) return act(random_.below(clients_.size()));
    if (random_.below(16) == 0) {
      advance_to(time_.now_us + 1 + static_cast<int64_t>(random_.below(1000)));
    }
    return true;
  }

  bool act(size_t which) {
    trace(which);
    return clients_[which]->act();
  }

  bool do_anything() {
    if (cluster_.do_anything()) return true;
    for (size_t i = 0; i < clients_.size(); ++i) {
      if (act(i)) return true;
    }
    return false;
  }

  /// On to the next thing that waits for its time.
  void pass_time() {
    auto next_us = time_.now_us + 1'000'000;
    const auto consider = [&](int64_t at_us) {
      if (at_us > time_.now_us) next_us = std::min(next_us, at_us);
    };
    cluster_.tell_times(consider);
    for (const auto& each : clients_) consider(each->next_us());
    advance_to(next_us);
  }

  void advance_to(int64_t us) {
    time_.now_us = us;
    cluster_.run_due_timers();
  }

  random_source random_;
  const cluster_mistake mistake_;
  world_clock time_;
  history facts_;
  leaderships leaderships_;
  int64_t commits_seen_ = 0;
  client_world world_;
  simulated_cluster cluster_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<producer*> producers_;
  std::vector<committer*> groups_;
  mover* mover_ = nullptr;
  cluster_result result_;
  const bool may_cut_power_;
  bool is_quiet_ = false;
  uint64_t crash_one_in_ = 0, cut_one_in_ = 0, reset_one_in_ = 0, expire_one_in_ = 0,
           hang_one_in_ = 0, pause_one_in_ = 0;
  int idle_ = 0;
};

}  // namespace

cluster_result simulate_cluster(uint64_t seed, cluster_mistake mistake) {
  log::start({.least = log::level::off});  // crashes are told in the result, not in the log
  return cluster_simulation(seed, mistake).run();
}

}  // namespace ottla::sim
