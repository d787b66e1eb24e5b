#include "actors/cluster/report_messages.hpp"

#include <caf/send.hpp>

namespace ottla {
namespace {

std::vector<topic_id_partition> from_wire(
    const std::vector<report_broker_request::replica>& replicas) {
  std::vector<topic_id_partition> keys;
  for (const auto& which : replicas) keys.push_back({which.topic_id, which.partition_index});
  return keys;
}

std::vector<report_broker_request::replica> to_wire(const std::vector<topic_id_partition>& keys) {
  std::vector<report_broker_request::replica> replicas;
  for (const auto& which : keys) replicas.push_back({which.topic_id, which.partition});
  return replicas;
}

}  // namespace

report_broker_request to_report(const local_data_removed& removed) {
  return {.removed_topics = removed.topic_ids, .removed_replicas = to_wire(removed.replicas)};
}

report_broker_request to_report(const replicas_failed& failed) {
  return {.failed_replicas = to_wire(failed.replicas)};
}

void tell(const controller_handle& controller, const replica_seat& from,
          const report_broker_request& report) {
  // Before it may lead: not with what has failed.
  if (!report.failed_replicas.empty()) {
    caf::anon_send(controller, replicas_failed{from, from_wire(report.failed_replicas)});
  }
  if (report.is_ready) caf::anon_send(controller, broker_ready{from.id, from.epoch});
  if (report.is_stopping) caf::anon_send(controller, broker_stopping{from.id, from.epoch});
  if (!report.removed_topics.empty() || !report.removed_replicas.empty()) {
    caf::anon_send(controller, local_data_removed{from.id, report.removed_topics,
                                                  from_wire(report.removed_replicas)});
  }
}

}  // namespace ottla
