// Three brokers, their clients and their troubles, from one seed.
//
// Load with faults: crashes, power cuts, processes that stand still, cut and reset connections
// between brokers, sessions with the store that end or hang, commits to it whose outcome is not
// known. Then a quiet time in which everything has to finish and to be in sync again, and a last
// reading of all and a comparison of the replicas. The same seed gives the same run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ottla::sim {

struct cluster_result {
  std::vector<std::string> violations;
  uint64_t trace = 0;  ///< A hash of every choice and every answer.
  int64_t steps = 0;
  int64_t virtual_ms = 0;
  /// What happened how often, by name.
  std::map<std::string, int64_t> counts;
};

/// What a run does wrong on purpose, to prove that it is noticed.
enum class cluster_mistake : uint8_t { none, follower_has_other_bytes };

cluster_result simulate_cluster(uint64_t seed, cluster_mistake mistake = cluster_mistake::none);

}  // namespace ottla::sim
