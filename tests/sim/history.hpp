// What the clients of a simulated broker saw, and what that rules out.
//
// Letters and numbers (I1, I3 ...) name the invariants of a replicated log: I1 acknowledged records
// stay; I3 one content per offset; I4 dense offsets, epochs and high watermark that never fall; I8
// no bad batch is served; I14 an idempotent producer's records once and in order; I18 committed
// group offsets stay.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "protocol/types.hpp"

namespace ottla::sim {

/// One record, as its producer made it.
struct record_name {
  int32_t producer = 0;
  int32_t number = 0;  ///< Counts the records of this producer.

  friend auto operator<=>(const record_name&, const record_name&) = default;
};

class history {
public:
  explicit history(int32_t partitions) : logs_(static_cast<size_t>(partitions)) {}

  /// The broker acknowledged (acks=all) that `name` is at `offset`; -1: it did not say where.
  void acknowledged(int32_t partition, log_offset offset, record_name name);
  /// A consumer was given these batches, asked for from `position` on. Where to go on.
  log_offset fetched(int32_t partition, log_offset position, std::span<const std::byte> bytes);
  void saw_high_watermark(int32_t partition, log_offset offset);

  /// What consumers read from now on is the log as it is in the end.
  void begin_last_read() {
    for (auto& each : logs_) each.seen.clear();
  }
  /// At the end, when all is read: `idempotent` producers wrote all their records to `partition`.
  void check_whole(int32_t partition, const std::map<int32_t, int32_t>& idempotent_counts);

  /// Behind the last record that consumers have read.
  [[nodiscard]] log_offset end_of(int32_t partition) const {
    const auto& seen = logs_[static_cast<size_t>(partition)].seen;
    return seen.empty() ? 0 : seen.rbegin()->first + 1;
  }

  void violated(const std::string& what) { violations.push_back(what); }

  std::vector<std::string> violations;
  int64_t records_acknowledged = 0;
  int64_t records_fetched = 0;

private:
  struct partition_facts {
    std::map<log_offset, record_name> known;  // what a client was told or shown
    std::map<log_offset, record_name> seen;   // what a consumer read
    std::map<log_offset, int32_t> epochs;     // of batches, by base offset
    std::set<record_name> acknowledged;
    log_offset high_watermark = 0;
  };

  void pin(int32_t partition, log_offset offset, record_name name, const char* by);

  std::vector<partition_facts> logs_;
};

std::string to_value(record_name name, size_t padding);
std::string describe(record_name name);

}  // namespace ottla::sim
