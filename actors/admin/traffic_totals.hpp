// What has gone in and out of this broker, summed up over partitions that come, go and begin anew.
//
// Partitions count from their own beginning; counters for Prometheus must never fall. Plain code.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "actors/partition/partition_messages.hpp"

namespace ottla {

/// What the partitions of this broker said of themselves, in one round.
using partition_descriptions = std::unordered_map<topic_id_partition, partition_description>;

class traffic_totals {
public:
  /// Adds what has come since the last round. Topics that are gone keep their part of the sum of
  /// all, and lose their own line.
  void add_round(const partition_descriptions& round);

  [[nodiscard]] const partition_traffic& all() const { return all_; }
  [[nodiscard]] const std::map<std::string, partition_traffic>& by_topic() const {
    return by_topic_;
  }

private:
  partition_traffic all_;
  std::map<std::string, partition_traffic> by_topic_;
  std::unordered_map<topic_id_partition, partition_traffic> last_;
};

}  // namespace ottla
