// What a metadata image asks of one broker: which partitions it holds and which of them it leads.
//
// Plain functions of images; the supervisor carries the answers out.
#pragma once

#include <vector>

#include "actors/cluster/metadata_image.hpp"
#include "actors/config/broker_config.hpp"
#include "actors/partition/partition_messages.hpp"

namespace ottla {

/// One replica that this broker holds.
struct local_replica {
  topic_id_partition key;
  topic_partition name;
  partition_assignment assignment;
};

/// The replicas of `topic` on the broker whose present incarnation is `self`. It leads a partition
/// only if the record names this very incarnation.
std::vector<local_replica> replicas_of(const topic_image& topic, const replica_seat& self,
                                       const broker_config& config);

/// A partition whose data this broker has to remove: of a deleted topic, or moved to others.
struct doomed_replica {
  topic_id_partition key;
  topic_partition name;
  bool is_moved_away = false;
};

/// Of deleted topics.
std::vector<doomed_replica> doomed_replicas(const metadata_image& image, broker_id self);

/// Of `topic`: partitions that were moved away and that this broker still owes an answer for.
std::vector<doomed_replica> replicas_moved_away(const topic_image& topic, broker_id self);

}  // namespace ottla
