// Three simulated brokers, the network between them and the store that they share: what runs, what
// waits, and what can be done to them.
//
// Whoever owns it decides what happens next; chance comes from the one random source of the run.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/runtime/random_source.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/process.hpp"

namespace ottla::sim {

inline constexpr int32_t broker_count = 3;
inline constexpr int32_t group_partitions = 2;  ///< Of __consumer_offsets.

/// One broker's place: its machine, and the process on it, if one runs.
struct broker_place {
  broker_place(int32_t number, random_source& random, world_clock& time, memory_ensemble& store);

  const int32_t id;
  machine on;
  const broker_config config;
  std::unique_ptr<process> runs;
  image_ptr seen;  ///< What it knew when that was looked at last.
  std::vector<std::weak_ptr<simulated_transport>> wires;  ///< Its clients'.
  int64_t starts_at_us = 0;                               ///< While nothing runs.
  int64_t reconnects_at_us = 0;  ///< To the store, while it is cut off; 0: it is not.
  int64_t wakes_at_us = 0;       ///< While the process stands still; 0: it does not.
  int64_t expires_at_us = 0;     ///< The session of a process that stands still; 0: it does not.

  [[nodiscard]] bool is_awake() const { return runs && wakes_at_us == 0; }
  [[nodiscard]] bool serves() const { return runs && runs->serves(); }
  [[nodiscard]] std::string name() const { return "broker " + std::to_string(id); }
};

class simulated_cluster {
public:
  /// What the run wants to hear of.
  struct ears {
    std::function<void(uint64_t)> trace;
    std::function<void(const std::string&)> violated;
    std::function<void(const broker_place&)> ended;  ///< A life of a broker.
  };

  simulated_cluster(random_source& random, world_clock& time, ears told);

  std::vector<std::unique_ptr<broker_place>>& places() { return places_; }
  [[nodiscard]] const std::vector<std::unique_ptr<broker_place>>& places() const { return places_; }
  broker_place& any_place() { return *places_[random_.below(places_.size())]; }
  memory_ensemble& store() { return store_; }

  /// A client's connection to any of them; null if that one does not serve.
  std::shared_ptr<simulated_transport> connect_client();

  // --- troubles ---

  /// It starts again after a while.
  void crash(broker_place& where, bool is_power_cut);
  /// The process stands still, as after SIGSTOP: time goes on for the others, and for its session.
  void pause(broker_place& where);
  /// The store ends its session.
  void expire(broker_place& where) { where.runs->store().expire(); }
  /// No connection to the store for a while.
  void hang(broker_place& where);
  /// Nothing gets from one broker to some others for a while, or from them, or both.
  void cut_something();
  bool reset_something();

  /// Everything runs and is connected again, at once. From now on a broker that gives up is wrong.
  void heal();
  void end_all();

  // --- what happens next ---

  /// Starts, wakes, reconnects and heals what is due.
  void look_after();
  /// Something small, by this number below `choices`; whether there was anything to do.
  bool act(uint64_t choice);
  static constexpr uint64_t choices = 17;
  /// The first thing that there is to do, if there is one.
  bool do_anything();
  void run_due_timers();
  /// Tells `consider` of all times at which something is due.
  void tell_times(const std::function<void(int64_t)>& consider) const;

private:
  std::shared_ptr<simulated_transport> connect_broker(int32_t broker);
  void start(broker_place& where);
  void end(broker_place& where);
  void wake(broker_place& where);
  bool run_actor(process& where);

  random_source& random_;
  world_clock& time_;
  const ears told_;
  memory_ensemble store_;
  network network_;
  std::vector<std::unique_ptr<broker_place>> places_;
  int64_t healed_at_us_ = 0;
  bool is_quiet_ = false;
};

}  // namespace ottla::sim
