// A whole node, its clients and their troubles, from one seed.
//
// Rounds of load with faults, each ended by a crash or a clean stop and followed by a restart on
// the same disk; then a quiet time in which everything has to finish, and a last reading of all.
// The same seed gives the same run, step by step.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/process_disk.hpp"

namespace ottla::sim {

struct simulation_options {
  uint64_t seed = 1;
  // Deliberate mistakes, to prove that they are noticed.
  disk_lie lie = disk_lie::none;
  bool producers_retry_blindly = false;
};

struct simulation_result {
  std::vector<std::string> violations;
  uint64_t trace = 0;  ///< A hash of every choice and every answer.
  int64_t steps = 0;
  int64_t virtual_ms = 0;
  int64_t power_cuts = 0, process_crashes = 0, clean_stops = 0;
  int64_t cut_connections = 0, full_disks = 0, failed_syncs = 0, clock_jumps = 0;
  int64_t moves = 0;  ///< Of replicas between log directories, asked for and granted.
  int64_t records_acknowledged = 0, records_fetched = 0;
};

simulation_result simulate(const simulation_options& options);

}  // namespace ottla::sim
