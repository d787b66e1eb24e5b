#include "tests/sim/cluster_simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "actors/runtime/log.hpp"
#include "tests/sim/client.hpp"
#include "tests/sim/cluster_facts.hpp"
#include "tests/sim/network.hpp"

namespace ottla::sim {
namespace {

constexpr int32_t broker_count = 3;
constexpr int64_t quiet_limit_ms = 600'000;
constexpr int64_t quiet_limit_steps = 8'000'000;

broker_config config_of(int32_t id, random_source& random) {
  config_layers layers;
  auto set = [&](const char* key, std::string value) {
    layers.statics[key] = {std::move(value), "simulation"};
  };
  const auto host = host_prefix + std::to_string(id);
  set("node.id", std::to_string(id));
  set("log.dirs", "/disk/a");
  set("listeners", "PLAINTEXT://127.0.0.1:9092,REPLICATION://127.0.0.1:9093");
  set("advertised.listeners", "PLAINTEXT://" + host + ":9092,REPLICATION://" + host + ":9093");
  set("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,REPLICATION:PLAINTEXT");
  set("inter.broker.listener.name", "REPLICATION");
  set("zookeeper.connect", "simulated:2181");
  set("ottla.cluster.secret.file", "/simulated");
  set("offsets.topic.num.partitions", "1");
  set("offsets.topic.replication.factor", "3");
  set("min.insync.replicas", "2");
  set("replica.fetch.backoff.ms", "50");
  set("replica.lag.time.max.ms", std::to_string(500 + random.below(5000)));
  set("group.initial.rebalance.delay.ms", "0");
  set("num.recovery.threads.per.data.dir", "1");
  set("log.flush.offset.checkpoint.interval.ms", std::to_string(20 + random.below(500)));
  set("ottla.scrub.max.bytes.per.second", "0");  // paused by a clock that nobody simulates
  set("ottla.log.dir.reserve.bytes", "0");
  auto made = make_broker_config(std::move(layers), "localhost");
  if (!made) throw std::runtime_error(made.error().message);
  return made->config;
}

/// One broker's place: its machine, and the process on it, if one runs.
struct place {
  place(int32_t number, random_source& random, world_clock& time, memory_ensemble& store)
      : id(number), on(random.next(), time, store), config(config_of(number, random)) {}

  const int32_t id;
  machine on;
  const broker_config config;
  std::unique_ptr<process> runs;
  image_ptr seen;  ///< What it knew when that was looked at last.
  std::vector<std::weak_ptr<simulated_transport>> wires;  ///< Its clients'.
  int64_t starts_at_us = 0;                               ///< While nothing runs.
  int64_t reconnects_at_us = 0;  ///< To the store, while it is cut off; 0: it is not.

  [[nodiscard]] bool serves() const { return runs && runs->serves(); }
};

class cluster_simulation {
public:
  cluster_simulation(uint64_t seed, cluster_mistake mistake)
      : random_(seed),
        mistake_(mistake),
        facts_(1),
        world_{.time = time_,
               .random = random_,
               .facts = facts_,
               .connect = [this] { return connect_client(); },
               .trace = [this](uint64_t what) { trace(what); },
               .replication_factor = broker_count},
        network_([this](int32_t broker) { return connect_broker(broker); }) {
    // Without fsync a record is safe with the processes, and with all machines but one.
    may_cut_power_ = random_.below(2) == 0;
    world_.topic_configs = {{"min.insync.replicas", "2"},
                            {"ottla.durability", may_cut_power_ ? "fsync" : "replicated"}};
    for (int32_t id = 1; id <= broker_count; ++id) {
      places_.push_back(std::make_unique<place>(id, random_, time_, store_));
      start(*places_.back());
    }
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
    store_.fate = nullptr;
    for (auto& each : places_) end(*each);
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

  std::shared_ptr<simulated_transport> connect_client() {
    auto& there = *places_[random_.below(places_.size())];
    if (!there.serves()) return nullptr;
    auto wire = there.runs->connect();
    there.wires.push_back(wire);
    return wire;
  }

  std::shared_ptr<simulated_transport> connect_broker(int32_t broker) {
    auto& there = *places_[static_cast<size_t>(broker - 1)];
    return there.serves() ? there.runs->connect_broker() : nullptr;
  }

  // --- processes ---

  void start(place& where) {
    where.reconnects_at_us = 0;
    where.runs = std::make_unique<process>(
        where.on, where.config,
        process_options{.seed = random_.next(),
                        .units = 1,
                        .cluster_id = "simulatedsimulatedsimA",
                        .cluster_secret = "a secret of some length, known to all three",
                        .connect = network_.connector_of(where.id)});
  }

  void end(place& where) {
    where.reconnects_at_us = 0;
    if (!where.runs) return;
    where.seen = nullptr;
    leaderships_.forget(name_of(where));
    network_.end_process(where.id);  // its ends of connections hold actors, which go with it
    where.runs.reset();
    for (auto& each : std::exchange(where.wires, {})) {
      auto wire = each.lock();
      if (!wire) continue;
      wire->output.clear();  // nothing that it did while it was ended gets out
      wire->is_closed = true;
    }
  }

  void crash(place& where, bool is_power_cut) {
    ++(is_power_cut ? result_.power_cuts : result_.process_crashes);
    end(where);
    is_power_cut ? where.on.disk.cut_power() : where.on.disk.kill_process();
    where.starts_at_us =
        time_.now_us +
        static_cast<int64_t>(random_.below(random_.below(3) == 0 ? 20'000 : 500)) * 1000;
  }

  /// Starts, reconnects and heals what is due.
  void look_after() {
    for (auto& each : places_) {
      if (!each->runs && time_.now_us >= each->starts_at_us) start(*each);
      if (each->reconnects_at_us != 0 && time_.now_us >= each->reconnects_at_us) {
        each->reconnects_at_us = 0;
        each->runs->store().reconnect();
      }
      if (each->runs && each->runs->failure()) {
        if (is_quiet_)
          facts_.violated(fmt::format("broker {}: {}", each->id, *each->runs->failure()));
        crash(*each, false);
      }
    }
    if (network_.is_cut() && time_.now_us >= healed_at_us_) network_.heal();
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
    const auto unknown_one_in = one_in(2, 5, 40);
    store_.fate = [this, unknown_one_in](const std::vector<store_write>&) {
      if (unknown_one_in == 0 || random_.below(unknown_one_in) != 0) return commit_fate::normal;
      ++result_.unknown_commits;
      return random_.below(2) == 0 ? commit_fate::lost_request : commit_fate::lost_answer;
    };
  }

  bool comes(uint64_t one_in) { return one_in > 0 && random_.below(one_in) == 0; }
  place& any_place() { return *places_[random_.below(places_.size())]; }

  void make_trouble() {
    if (comes(crash_one_in_)) {
      auto& victim = any_place();
      if (victim.runs) crash(victim, may_cut_power_ && random_.below(2) == 0);
    }
    if (comes(cut_one_in_)) cut_something();
    if (comes(reset_one_in_) && network_.size() > 0) {
      ++result_.resets;
      network_.reset(random_.below(network_.size()));
    }
    if (auto& one = any_place(); comes(expire_one_in_) && one.runs && one.reconnects_at_us == 0) {
      ++result_.expired_sessions;
      one.runs->store().expire();
    }
    if (auto& one = any_place(); comes(hang_one_in_) && one.runs && one.reconnects_at_us == 0) {
      one.runs->store().disconnect();
      one.reconnects_at_us = time_.now_us + static_cast<int64_t>(1 + random_.below(5000)) * 1000;
    }
  }

  void cut_something() {
    ++result_.cuts;
    const auto one = 1 + static_cast<int32_t>(random_.below(broker_count));
    for (int32_t other = 1; other <= broker_count; ++other) {
      if (other == one || random_.below(3) == 0) continue;
      if (random_.below(4) != 0) network_.cut(one, other);
      if (random_.below(4) != 0) network_.cut(other, one);
    }
    healed_at_us_ = time_.now_us + static_cast<int64_t>(1 + random_.below(20'000)) * 1000;
  }

  void round() {
    choose_faults();
    const auto steps = 2000 + static_cast<int64_t>(random_.below(30'000));
    for (int64_t i = 0; i < steps && facts_.violations.empty(); ++i) {
      make_trouble();
      look_after();
      step();
    }
  }

  // --- the end ---

  void finish() {
    world_.cut_one_in = 0;
    store_.fate = nullptr;
    network_.heal();
    for (auto& each : places_) {
      each->starts_at_us = 0;
      if (each->reconnects_at_us != 0) each->reconnects_at_us = 1;
    }
    look_after();
    is_quiet_ = true;
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
      places_.back()->on.disk.flip_bit(directory + "/00000000000000000000.log", 100, 0);
    }
    const auto first = batches_on(places_.front()->on.disk, directory);
    for (const auto& each : places_) {
      auto differs = difference(first, batches_on(each->on.disk, directory), facts_.end_of(0));
      if (differs.empty()) continue;
      facts_.violated(fmt::format("I5: brokers {} and {}: {}, below the high watermark {}",
                                  places_.front()->id, each->id, differs, facts_.end_of(0)));
    }
  }

  [[nodiscard]] bool clients_are_done() const {
    return std::ranges::all_of(clients_, [](const auto& each) {
      return each->is_done() || each->name().starts_with("consumer");
    });
  }

  /// As every broker's image has it.
  [[nodiscard]] bool is_in_sync() const {
    return std::ranges::all_of(places_, [](const auto& each) {
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
    auto topic = places_.front()->runs->image()->find_topic(topic_name);
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
      look_after();
      step();
    }
    return false;
  }

  [[nodiscard]] std::string open_clients() const {
    std::string text;
    for (const auto& each : clients_) {
      if (!each->is_done() && !each->name().starts_with("consumer")) text += " " + each->name();
    }
    return text.empty() ? text : " (" + text.substr(1) + ")";
  }

  /// What each broker's image says of all partitions.
  [[nodiscard]] std::string states() const {
    std::string text;
    for (const auto& each : places_) {
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

  static std::string name_of(const place& where) { return fmt::format("broker {}", where.id); }

  void check_leaderships() {
    const auto note = [this](const std::string& wrong) {
      if (!wrong.empty()) facts_.violated(wrong);
    };
    if (std::exchange(commits_seen_, store_.commits) != store_.commits) {
      note(leaderships_.look(store_));
    }
    for (auto& each : places_) {
      if (!each->serves()) continue;
      auto now = each->runs->image();
      if (std::exchange(each->seen, now) == now) continue;
      now->for_each_topic([&](const topic_ptr& topic) {
        for (int32_t i = 0; i < topic->partition_count(); ++i) {
          note(leaderships_.look(name_of(*each), {topic->id(), i}, topic->partition(i)));
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
    auto* runs = any_place().runs.get();
    if (choice < 11) return runs != nullptr && run_actor(*runs);
    if (choice < 13) {
      const auto open = runs == nullptr ? 0 : runs->connections();
      return open > 0 && runs->pump(random_.below(open));
    }
    if (choice < 15) return act(random_.below(clients_.size()));
    if (choice < 18) return network_.size() > 0 && network_.carry(random_.below(network_.size()));
    if (choice == 18) return runs != nullptr && runs->end_burst(0);
    if (random_.below(16) == 0) {
      advance_to(time_.now_us + 1 + static_cast<int64_t>(random_.below(1000)));
    }
    return true;
  }

  bool run_actor(process& where) {
    const auto count = where.runnable();
    trace(count);
    if (count == 0) return false;
    where.run_one(random_.below(count));
    return true;
  }

  bool act(size_t which) {
    trace(which);
    return clients_[which]->act();
  }

  bool do_anything() {
    for (auto& each : places_) {
      if (!each->runs) continue;
      if (run_actor(*each->runs) || each->runs->end_burst(0)) return true;
      for (size_t i = each->runs->connections(); i > 0; --i) {
        if (each->runs->pump(i - 1)) return true;
      }
    }
    for (size_t i = network_.size(); i > 0; --i) {
      if (network_.carry(i - 1)) return true;
    }
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
    for (const auto& each : places_) {
      if (!each->runs) consider(each->starts_at_us);
      if (each->runs && each->runs->next_timer_ms()) consider(*each->runs->next_timer_ms() * 1000);
      consider(each->reconnects_at_us);
    }
    if (network_.is_cut()) consider(healed_at_us_);
    for (const auto& each : clients_) consider(each->next_us());
    advance_to(next_us);
  }

  void advance_to(int64_t us) {
    time_.now_us = us;
    for (auto& each : places_) {
      if (each->runs) each->runs->run_due_timers();
    }
  }

  random_source random_;
  const cluster_mistake mistake_;
  world_clock time_;
  memory_ensemble store_;
  history facts_;
  leaderships leaderships_;
  int64_t commits_seen_ = 0;
  client_world world_;
  network network_;
  std::vector<std::unique_ptr<place>> places_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<producer*> producers_;
  committer* group_ = nullptr;
  cluster_result result_;
  bool may_cut_power_ = false;
  bool is_quiet_ = false;
  uint64_t crash_one_in_ = 0, cut_one_in_ = 0, reset_one_in_ = 0, expire_one_in_ = 0,
           hang_one_in_ = 0;
  int64_t healed_at_us_ = 0;
  int idle_ = 0;
};

}  // namespace

cluster_result simulate_cluster(uint64_t seed, cluster_mistake mistake) {
  log::start({.least = log::level::off});  // crashes are told in the result, not in the log
  return cluster_simulation(seed, mistake).run();
}

}  // namespace ottla::sim
