// What the brokers of a simulated cluster decided and wrote, and what that rules out.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "protocol/types.hpp"
#include "storage/metadata/cluster_records.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/memory_metadata_store.hpp"

namespace ottla::sim {

/// Leaderships: one leader in a leader epoch, whoever tells of it, and epochs that never fall.
class leaderships {
public:
  /// What `viewer` (the store, or one life of a broker) now knows; its view must not go back. What
  /// is wrong, or "".
  std::string look(const std::string& viewer, const topic_id_partition& which,
                   const partition_record& record);
  /// What changed in the store since the last look.
  std::string look(const memory_ensemble& store);
  /// The next look of this viewer is that of a new life: its view may be older.
  void forget(const std::string& viewer) { views_.erase(viewer); }

private:
  struct epochs {
    int32_t leader = 0, partition = 0;
  };
  std::map<std::string, std::map<topic_id_partition, epochs>> views_;
  std::map<topic_id_partition, std::map<int32_t, replica_seat>> leaders_;  // by leader epoch
  std::map<std::string, std::pair<creation_id, node_version>> versions_;   // of the store's nodes
};

/// For reports.
std::string to_text(const partition_record& record);

/// The batches of a log as they are on a disk, by base offset.
std::map<log_offset, std::string> batches_on(const memory_file_system& disk,
                                             const std::string& directory);

/// Where two replicas' logs differ below `high_watermark`, or "". Either may begin later.
std::string difference(const std::map<log_offset, std::string>& one,
                       const std::map<log_offset, std::string>& other, log_offset high_watermark);

}  // namespace ottla::sim
