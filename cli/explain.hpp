// The chain of facts behind the state of a partition or a broker, in words. Plain functions on a
// cluster_state; `ottla why` prints what they say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/cluster_state.hpp"
#include "cli/group_client.hpp"

namespace ottla {

struct explanation {
  std::string subject;             ///< "orders-3", "broker 2", "group billing".
  bool is_well = true;             ///< False: the subject cannot do all that it should.
  std::string verdict;             ///< One sentence.
  std::vector<std::string> facts;  ///< What it rests on, causes after effects.
  std::vector<std::string> advice;
};

/// What is known of one replica beyond the metadata.
struct replica_fact {
  broker_id id = no_broker;
  std::optional<int64_t> bytes;  ///< Nothing: the broker does not answer, or has no such log.
};

explanation explain_partition(const cluster_state& cluster, const topic_state& topic,
                              const partition_state& partition,
                              const std::vector<replica_fact>& replicas);

/// `disks` is nothing where the broker does not answer.
explanation explain_broker(const cluster_state& cluster, broker_id id,
                           const std::optional<broker_disks>& disks);

/// What is known of a group.
struct group_facts {
  group_view view;
  std::optional<partition_state> offsets_partition;  ///< Of __consumer_offsets, that keeps it.
  int64_t lag = 0;
  std::vector<topic_partition> unassigned;  ///< Of topics that the group reads, read by nobody.
};
explanation explain_group(const group_facts& group);

}  // namespace ottla
