#include "actors/broker/local_replicas.hpp"

#include <algorithm>

#include "actors/cluster/replica_moves.hpp"
#include "actors/config/topic_config.hpp"

namespace ottla {
namespace {

bool holds(const partition_record& record, broker_id self) {
  return std::find(record.replicas.begin(), record.replicas.end(), self) != record.replicas.end();
}

partition_role role_of(const partition_record& record, const replica_seat& self) {
  if (record.leader == self) return partition_role::leader;
  const bool is_led = record.leader.id != no_broker && record.leader.id != self.id;
  return is_led ? partition_role::follower : partition_role::offline;
}

}  // namespace

std::vector<local_replica> replicas_of(const topic_image& topic, const replica_seat& self,
                                       const broker_config& config) {
  std::vector<local_replica> held;
  const auto effective = make_topic_config(config, topic.configs());
  for (partition_index index = 0; index < topic.partition_count(); ++index) {
    const auto& record = topic.partition(index);
    if (!holds(record, self.id)) continue;
    auto level = effective.durability_level.value_or(
        default_durability(static_cast<int32_t>(record.replicas.size()), topic.is_internal()));
    held.push_back({.key = {topic.id(), index},
                    .name = {topic.name(), index},
                    .assignment = {.role = role_of(record, self),
                                   .leader = record.leader.id,
                                   .epoch = record.leader_epoch,
                                   .seats = {record.replicas, record.isr, record.partition_epoch},
                                   .recovering = record.recovering,
                                   .config = effective,
                                   .level = level,
                                   .lag_time_max_ms = config.replica_lag_time_max_ms}});
  }
  return held;
}

std::vector<doomed_replica> replicas_moved_away(const topic_image& topic, broker_id self) {
  std::vector<doomed_replica> moved;
  for (partition_index index = 0; index < topic.partition_count(); ++index) {
    if (!owes_removal(topic.partition(index), self)) continue;
    moved.push_back({{topic.id(), index}, {topic.name(), index}, true});
  }
  return moved;
}

std::vector<doomed_replica> doomed_replicas(const metadata_image& image, broker_id self) {
  std::vector<doomed_replica> doomed;
  image.for_each_deleted([&](const deleted_topic_record& topic) {
    if (std::find(topic.pending.begin(), topic.pending.end(), self) == topic.pending.end()) return;
    for (partition_index index = 0; index < topic.partition_count; ++index) {
      doomed.push_back({{topic.id, index}, {topic.name, index}});
    }
  });
  return doomed;
}

}  // namespace ottla
