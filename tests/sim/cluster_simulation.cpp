#include "tests/sim/cluster_simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "actors/runtime/log.hpp"
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
        facts_(1),
        world_{.time = time_,
               .random = random_,
               .facts = facts_,
               .connect = [this] { return cluster_.connect_client(); },
               .trace = [this](uint64_t what) { trace(what); },
               .patience_ms = 1000 + static_cast<int64_t>(random_.below(30'000)),
               .replication_factor = broker_count},
        cluster_(
            random_, time_,
            {.trace = [this](uint64_t what) { trace(what); },
             .violated = [this](const std::string& what) { facts_.violated(what); },
             .ended = [this](const broker_place& where) { leaderships_.forget(where.name()); }}) {
    // Without fsync a record is safe with the processes, and with all machines but one.
    may_cut_power_ = random_.below(2) == 0;
    world_.topic_configs = {{"min.insync.replicas", "2"},
                            {"ottla.durability", may_cut_power_ ? "fsync" : "replicated"}};
    hire_clients();
  }

  cluster_result run() {
    const auto rounds = 1 + random_.below(4);
    for (uint64_t i = 0; i < rounds && facts_.violations.empty(); ++i) round();
    if (facts_.violations.empty()) finish();
    result_.violations = facts_.violations;
    result_.virtual_ms = time_.mono_ms();
    result_.records_acknowledged = facts_.records_acknowledged;
    result_.records_fetched = facts_.records_fetched;
    cluster_.end_all();
    return result_;
  }

private:
  void trace(uint64_t what) {
    result_.trace = (result_.trace ^ what) * 0x9e3779b97f4a7c15u;
    result_.trace ^= result_.trace >> 29;
  }

  void hire_clients() {
    clients_.push_back(std::make_unique<topic_maker>(
        world_, 1, static_cast<int32_t>(6000 + random_.below(20'000))));
    for (int32_t number = 1; number <= 2; ++number)
      add_producer({.number = number, .batches = batches()});
    add_producer({.number = 3, .batches = batches(), .is_idempotent = false});
    clients_.push_back(std::make_unique<consumer>(world_, 0, 0, false));
    auto group = std::make_unique<committer>(world_, 1 + static_cast<int64_t>(random_.below(20)));
    group_ = group.get();
    clients_.push_back(std::move(group));
  }

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
      ++result_.unknown_commits;
      return random_.below(2) == 0 ? commit_fate::lost_request : commit_fate::lost_answer;
    };
  }

  bool comes(uint64_t one_in) { return one_in > 0 && random_.below(one_in) == 0; }

  void make_trouble() {
    if (auto& one = cluster_.any_place(); comes(crash_one_in_) && one.runs) {
      const bool is_power_cut = may_cut_power_ && random_.below(2) == 0;
      ++(is_power_cut ? result_.power_cuts : result_.process_crashes);
      cluster_.crash(one, is_power_cut);
    }
    if (comes(cut_one_in_)) {
      ++result_.cuts;
      cluster_.cut_something();
    }
    if (comes(reset_one_in_) && cluster_.reset_something()) ++result_.resets;
    if (auto& one = cluster_.any_place(); comes(pause_one_in_) && one.is_awake()) {
      ++result_.pauses;
      cluster_.pause(one);
    }
    auto& one = cluster_.any_place();
    if (!one.is_awake() || one.reconnects_at_us != 0) return;
    if (comes(expire_one_in_)) {
      ++result_.expired_sessions;
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
    group_->check_again();
    if (!run_until("all clients have come to their ends", [this] { return clients_are_done(); }))
      return;
    if (!run_until("L2: all replicas are in sync", [this] { return is_in_sync(); })) return;
    facts_.begin_last_read();
    clients_.push_back(std::make_unique<consumer>(world_, 0, 0, true));
    if (!run_until("everything is read", [this] { return clients_are_done(); })) return;
    std::map<int32_t, int32_t> counts;
    for (const auto* each : producers_) {
      if (each->options().is_idempotent) counts[each->options().number] = each->records();
    }
    facts_.check_whole(0, counts);
    compare_replicas();
    result_.elections = leader_epochs();
  }

  void compare_replicas() {
    const auto directory = fmt::format("/disk/a/{}-0", topic_name);
    if (mistake_ == cluster_mistake::follower_has_other_bytes) {
      cluster_.places().back()->on.disk.flip_bit(directory + "/00000000000000000000.log", 100, 0);
    }
    const auto first = batches_on(cluster_.places().front()->on.disk, directory);
    for (const auto& each : cluster_.places()) {
      auto differs = difference(first, batches_on(each->on.disk, directory), facts_.end_of(0));
      if (differs.empty()) continue;
      facts_.violated(fmt::format("I5: brokers {} and {}: {}, below the high watermark {}",
                                  cluster_.places().front()->id, each->id, differs,
                                  facts_.end_of(0)));
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
          all = all && record.isr.size() == record.replicas.size();
        }
      });
      return all;
    });
  }

  [[nodiscard]] int64_t leader_epochs() const {
    auto topic = cluster_.places().front()->runs->image()->find_topic(topic_name);
    return topic ? topic->partition(0).leader_epoch : 0;
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
        const auto& record = topic->partition(0);
        text +=
            fmt::format("; {} led by {}@{} in epoch {}/{}, ISR", topic->name(), record.leader.id,
                        record.leader.epoch, record.leader_epoch, record.partition_epoch);
        for (const auto& seat : record.isr) text += fmt::format(" {}@{}", seat.id, seat.epoch);
        for (const auto& seat : record.eligible)
          text += fmt::format(" ({}@{})", seat.id, seat.epoch);
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
  committer* group_ = nullptr;
  cluster_result result_;
  bool may_cut_power_ = false;
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
