// One life of a broker in simulation: every actor of a node, on CAF's test scheduler.
//
// Made on a disk, a metadata store and a clock that outlive it. Whoever owns it decides, message by
// message, who runs next.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/broker/node.hpp"
#include "actors/gateway/routes.hpp"
#include "tests/sim/process_disk.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/memory_metadata_store.hpp"
#include "tests/support/simulated_transport.hpp"

namespace ottla::sim {

/// Time of the simulated world; the wall clock can be set.
class world_clock final : public clock {
public:
  [[nodiscard]] timestamp_ms wall_ms() const override {
    return manual_clock::wall_start_ms + wall_offset_ms + now_us / 1000;
  }
  [[nodiscard]] int64_t mono_us() const override { return now_us; }

  int64_t now_us = 1'000'000;
  int64_t wall_offset_ms = 0;
};

/// What outlives a process: its own disk, and what it shares with others.
struct machine {
  machine(uint64_t seed, world_clock& shared_time, memory_ensemble& shared_metadata)
      : time(shared_time), disk(seed), metadata(shared_metadata) {}

  world_clock& time;
  memory_file_system disk;
  memory_ensemble& metadata;
};

struct process_options {
  uint64_t seed = 1;
  size_t units = 1;
  disk_lie lie = disk_lie::none;
  // Of a broker in a cluster.
  std::string cluster_id, cluster_secret;
  connector connect;
};

class process {
public:
  /// Opens the log directories and starts the node; see failure().
  process(machine& on, const broker_config& config, const process_options& options);
  /// Kills it: nothing that its actors do from now on is seen by anybody.
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// A client's connection to the broker, once it serves.
  std::shared_ptr<simulated_transport> connect();
  /// Another broker's.
  std::shared_ptr<simulated_transport> connect_broker();
  [[nodiscard]] image_ptr image() const;
  [[nodiscard]] memory_metadata_store& store() { return *store_; }
  void begin_stop();
  /// Asks for a move of a replica to another log directory, and does not wait for it.
  void begin_move(const topic_partition& which, const std::string& directory);

  /// One message to the actor with this number among those that can run.
  void run_one(size_t which);
  [[nodiscard]] size_t runnable();
  /// Whether there was anything to do.
  bool end_burst(size_t unit);
  /// Moves the bytes of one connection.
  bool pump(size_t connection);
  [[nodiscard]] size_t connections() const { return connections_.size(); }
  /// Wakes the units whose timers are due.
  bool run_due_timers();
  [[nodiscard]] std::optional<int64_t> next_timer_ms() const;

  [[nodiscard]] int64_t moves() const { return moves_; }  ///< Requests that were granted.
  [[nodiscard]] bool serves() const { return started_ && !started_->failure && !is_stopping_; }
  [[nodiscard]] const std::optional<broker_stopped>& stopped() const { return stopped_; }
  /// Why the process ended by itself, or did not start.
  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }
  /// The cluster that the metadata names, against the one of the log directories.
  [[nodiscard]] bool agrees_on_cluster() const;

private:
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }
  void start(machine& on, const broker_config& config, const process_options& options,
             opened_log_dirs dirs);

  struct open_connection {
    std::shared_ptr<simulated_transport> wire;
    session_handle session;
  };
  std::shared_ptr<simulated_transport> serve(std::string listener, std::span<const route> routes);

  machine& machine_;
  process_disk disk_;
  memory_budget memory_;
  std::vector<std::unique_ptr<simulated_unit>> units_;
  caf::actor_system_config system_config_;
  std::unique_ptr<caf::actor_system> system_;
  memory_metadata_store* store_ = nullptr;
  std::unique_ptr<node> node_;
  std::vector<open_connection> connections_;
  std::string cluster_id_;
  std::optional<broker_started> started_;
  std::optional<broker_stopped> stopped_;
  std::optional<std::string> failure_;
  int64_t moves_ = 0;
  bool is_stopping_ = false;
  bool is_dead_ = false;
};

}  // namespace ottla::sim
