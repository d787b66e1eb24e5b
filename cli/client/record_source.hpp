// Where `ottla consume` takes its records from: partitions read on their own from given offsets, or
// topics read as a member of a group.
//
// Reading on its own asks no coordinator, so it leaves no trace in the cluster. Not thread-safe.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/client/kafka_handle.hpp"
#include "cli/list_offsets.hpp"

namespace ottla {

struct message_destroyer {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using message_handle = std::unique_ptr<rd_kafka_message_t, message_destroyer>;

class record_source {
public:
  virtual ~record_source() = default;
  record_source() = default;
  record_source(const record_source&) = delete;
  record_source& operator=(const record_source&) = delete;

  /// The next message, error or end of a partition; null after `wait_ms` without one.
  virtual message_handle next(int wait_ms) = 0;
  /// The partitions read now. A group may give a member none.
  [[nodiscard]] virtual std::set<topic_partition> partitions() const = 0;
  /// Counts as read from now on.
  virtual void was_printed(const rd_kafka_message_t&) {}
};

/// Reads each partition from its offset. `settings` are used up.
outcome<std::unique_ptr<record_source>> read_partitions(kafka_settings& settings,
                                                        const partition_offsets& begin);
/// Joins the group that `settings` name; leaves it and commits what was printed at the end.
outcome<std::unique_ptr<record_source>> read_in_group(kafka_settings& settings,
                                                      const std::vector<std::string>& topics);

}  // namespace ottla
