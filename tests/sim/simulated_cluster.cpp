#include "tests/sim/simulated_cluster.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace ottla::sim {
namespace {

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
  set("offsets.topic.num.partitions", std::to_string(group_partitions));
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

}  // namespace

broker_place::broker_place(int32_t number, random_source& random, world_clock& time,
                           memory_ensemble& store)
    : id(number), on(random.next(), time, store), config(config_of(number, random)) {}

simulated_cluster::simulated_cluster(random_source& random, world_clock& time, ears told)
    : random_(random),
      time_(time),
      told_(std::move(told)),
      network_([this](int32_t broker) { return connect_broker(broker); }) {
  for (int32_t id = 1; id <= broker_count; ++id) {
    places_.push_back(std::make_unique<broker_place>(id, random_, time_, store_));
    start(*places_.back());
  }
}

std::shared_ptr<simulated_transport> simulated_cluster::connect_client() {
  auto& there = any_place();
  if (!there.serves()) return nullptr;
  auto wire = there.runs->connect();
  there.wires.push_back(wire);
  return wire;
}

std::shared_ptr<simulated_transport> simulated_cluster::connect_broker(int32_t broker) {
  auto& there = *places_[static_cast<size_t>(broker - 1)];
  return there.serves() ? there.runs->connect_broker() : nullptr;
}

// --- processes ---

void simulated_cluster::start(broker_place& where) {
  where.runs = std::make_unique<process>(
      where.on, where.config,
      process_options{.seed = random_.next(),
                      .units = 1,
                      .cluster_id = "simulatedsimulatedsimA",
                      .cluster_secret = "a secret of some length, known to all three",
                      .connect = network_.connector_of(where.id)});
}

void simulated_cluster::end(broker_place& where) {
  where.reconnects_at_us = 0;
  if (!where.runs) return;
  wake(where);
  where.seen = nullptr;
  told_.ended(where);
  network_.end_process(where.id);  // its ends of connections hold actors, which go with it
  where.runs.reset();
  for (auto& each : std::exchange(where.wires, {})) {
    auto wire = each.lock();
    if (!wire) continue;
    wire->output.clear();  // nothing that it did while it was ended gets out
    wire->is_closed = true;
  }
}

void simulated_cluster::wake(broker_place& where) {
  where.wakes_at_us = where.expires_at_us = 0;
  network_.wake(where.id);
}

void simulated_cluster::end_all() {
  store_.fate = nullptr;
  for (auto& each : places_) end(*each);
}

// --- troubles ---

void simulated_cluster::crash(broker_place& where, bool is_power_cut) {
  end(where);
  is_power_cut ? where.on.disk.cut_power() : where.on.disk.kill_process();
  where.starts_at_us =
      time_.now_us +
      static_cast<int64_t>(random_.below(random_.below(3) == 0 ? 20'000 : 500)) * 1000;
}

void simulated_cluster::pause(broker_place& where) {
  const auto longest_ms = random_.below(2) == 0 ? 1000 : 30'000;
  where.wakes_at_us = time_.now_us + 1000 + static_cast<int64_t>(random_.below(longest_ms)) * 1000;
  where.expires_at_us = time_.now_us + static_cast<int64_t>(2000 + random_.below(8000)) * 1000;
  network_.put_to_sleep(where.id);
}

void simulated_cluster::hang(broker_place& where) {
  where.runs->store().disconnect();
  where.reconnects_at_us = time_.now_us + static_cast<int64_t>(1 + random_.below(5000)) * 1000;
}

void simulated_cluster::cut_something() {
  const auto one = 1 + static_cast<int32_t>(random_.below(broker_count));
  for (int32_t other = 1; other <= broker_count; ++other) {
    if (other == one || random_.below(3) == 0) continue;
    if (random_.below(4) != 0) network_.cut(one, other);
    if (random_.below(4) != 0) network_.cut(other, one);
  }
  healed_at_us_ = time_.now_us + static_cast<int64_t>(1 + random_.below(20'000)) * 1000;
}

bool simulated_cluster::reset_something() {
  if (network_.size() == 0) return false;
  network_.reset(random_.below(network_.size()));
  return true;
}

void simulated_cluster::heal() {
  store_.fate = nullptr;
  network_.heal();
  for (auto& each : places_) {
    each->starts_at_us = 0;
    if (each->reconnects_at_us != 0) each->reconnects_at_us = 1;
    if (each->wakes_at_us != 0) each->wakes_at_us = 1;
  }
  look_after();
  is_quiet_ = true;
}

void simulated_cluster::look_after() {
  const auto is_due = [&](int64_t at_us) { return at_us != 0 && time_.now_us >= at_us; };
  for (auto& each : places_) {
    if (!each->runs && time_.now_us >= each->starts_at_us) start(*each);
    if (is_due(each->expires_at_us)) {
      each->expires_at_us = 0;
      expire(*each);
    }
    if (is_due(each->wakes_at_us)) wake(*each);
    if (is_due(each->reconnects_at_us)) {
      each->reconnects_at_us = 0;
      each->runs->store().reconnect();
    }
    if (each->runs && each->runs->failure()) {
      if (is_quiet_) {
        told_.violated(fmt::format("broker {}: {}", each->id, *each->runs->failure()));
      }
      crash(*each, false);
    }
  }
  if (network_.is_cut() && time_.now_us >= healed_at_us_) network_.heal();
}

// --- what happens next ---

bool simulated_cluster::act(uint64_t choice) {
  auto& where = any_place();
  auto* runs = where.is_awake() ? where.runs.get() : nullptr;
  if (choice < 11) return runs != nullptr && run_actor(*runs);
  if (choice < 13) {
    const auto open = runs == nullptr ? 0 : runs->connections();
    return open > 0 && runs->pump(random_.below(open));
  }
  if (choice < 16) return network_.size() > 0 && network_.carry(random_.below(network_.size()));
  return runs != nullptr && runs->end_burst(0);
}

bool simulated_cluster::run_actor(process& where) {
  const auto count = where.runnable();
  told_.trace(count);
  if (count == 0) return false;
  where.run_one(random_.below(count));
  return true;
}

bool simulated_cluster::do_anything() {
  for (auto& each : places_) {
    if (!each->is_awake()) continue;
    if (run_actor(*each->runs) || each->runs->end_burst(0)) return true;
    for (size_t i = each->runs->connections(); i > 0; --i) {
      if (each->runs->pump(i - 1)) return true;
    }
  }
  for (size_t i = network_.size(); i > 0; --i) {
    if (network_.carry(i - 1)) return true;
  }
  return false;
}

void simulated_cluster::run_due_timers() {
  for (auto& each : places_) {
    if (each->is_awake()) each->runs->run_due_timers();
  }
}

void simulated_cluster::tell_times(const std::function<void(int64_t)>& consider) const {
  for (const auto& each : places_) {
    if (!each->runs) consider(each->starts_at_us);
    if (each->is_awake() && each->runs->next_timer_ms()) {
      consider(*each->runs->next_timer_ms() * 1000);
    }
    consider(each->reconnects_at_us);
    consider(each->wakes_at_us);
    consider(each->expires_at_us);
  }
  if (network_.is_cut()) consider(healed_at_us_);
}

}  // namespace ottla::sim
