#include "protocol/messages/list_partition_reassignments.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c,
            list_partition_reassignments_request::list_partition_reassignments_topics& m) {
  c.field("name", m.name);
  c.field("partition_indexes", m.partition_indexes);
}

template <class Codec>
void fields(Codec& c, list_partition_reassignments_request& m) {
  c.field("timeout_ms", m.timeout_ms);
  c.field("topics", m.topics);
}

template <class Codec>
void fields(Codec& c, list_partition_reassignments_response::ongoing_partition_reassignment& m) {
  c.field("partition_index", m.partition_index);
  c.field("replicas", m.replicas);
  c.field("adding_replicas", m.adding_replicas);
  c.field("removing_replicas", m.removing_replicas);
}

template <class Codec>
void fields(Codec& c, list_partition_reassignments_response::ongoing_topic_reassignment& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, list_partition_reassignments_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
  c.field("topics", m.topics);
}

OTTLA_MESSAGE(list_partition_reassignments_request);
OTTLA_MESSAGE(list_partition_reassignments_response);

}  // namespace ottla
