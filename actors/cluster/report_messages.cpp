#include "actors/cluster/report_messages.hpp"

#include <caf/send.hpp>

namespace ottla {
namespace {

local_data_removed to_removed(broker_id from, const report_broker_request& report) {
  local_data_removed removed{.id = from, .topic_ids = report.removed_topics};
  for (const auto& which : report.removed_replicas) {
    removed.replicas.push_back({which.topic_id, which.partition_index});
  }
  return removed;
}

}  // namespace

report_broker_request to_report(const local_data_removed& removed) {
  report_broker_request report{.removed_topics = removed.topic_ids};
  for (const auto& which : removed.replicas) {
    report.removed_replicas.push_back({which.topic_id, which.partition});
  }
  return report;
}

void tell(const controller_handle& controller, const replica_seat& from,
          const report_broker_request& report) {
  if (report.is_ready) caf::anon_send(controller, broker_ready{from.id, from.epoch});
  if (report.is_stopping) caf::anon_send(controller, broker_stopping{from.id, from.epoch});
  if (!report.removed_topics.empty() || !report.removed_replicas.empty()) {
    caf::anon_send(controller, to_removed(from.id, report));
  }
}

}  // namespace ottla
