#include "protocol/messages/alter_partition_reassignments.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, alter_partition_reassignments_request::reassignable_partition& m) {
  c.field("partition_index", m.partition_index);
  c.field("replicas", m.replicas);
}

template <class Codec>
void fields(Codec& c, alter_partition_reassignments_request::reassignable_topic& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, alter_partition_reassignments_request& m) {
  c.field("timeout_ms", m.timeout_ms);
  c.field("allow_replication_factor_change", m.allow_replication_factor_change, since(1));
  c.field("topics", m.topics);
}

template <class Codec>
void fields(Codec& c, alter_partition_reassignments_response::reassignable_partition_response& m) {
  c.field("partition_index", m.partition_index);
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
}

template <class Codec>
void fields(Codec& c, alter_partition_reassignments_response::reassignable_topic_response& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, alter_partition_reassignments_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("allow_replication_factor_change", m.allow_replication_factor_change, since(1));
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
  c.field("responses", m.responses);
}

OTTLA_MESSAGE(alter_partition_reassignments_request);
OTTLA_MESSAGE(alter_partition_reassignments_response);

}  // namespace ottla
