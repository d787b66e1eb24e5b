#include "actors/cluster/report_messages.hpp"

namespace ottla {

report_broker_request to_report(const local_data_removed& removed) {
  report_broker_request report{.removed_topics = removed.topic_ids};
  for (const auto& which : removed.replicas) {
    report.removed_replicas.push_back({which.topic_id, which.partition});
  }
  return report;
}

local_data_removed to_removed(broker_id from, const report_broker_request& report) {
  local_data_removed removed{.id = from, .topic_ids = report.removed_topics};
  for (const auto& which : report.removed_replicas) {
    removed.replicas.push_back({which.topic_id, which.partition_index});
  }
  return removed;
}

}  // namespace ottla
