#include "protocol/messages/describe_topic_partitions.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, describe_topic_partitions_request::topic_request& m) {
  c.field("name", m.name);
}

template <class Codec>
void fields(Codec& c, describe_topic_partitions_request::topic_cursor& m) {
  c.field("topic_name", m.topic_name);
  c.field("partition_index", m.partition_index);
}

template <class Codec>
void fields(Codec& c, describe_topic_partitions_request& m) {
  c.field("topics", m.topics);
  c.field("response_partition_limit", m.response_partition_limit);
  c.field("cursor", m.cursor);
}

template <class Codec>
void fields(Codec& c,
            describe_topic_partitions_response::describe_topic_partitions_response_partition& m) {
  c.field("error_code", m.error_code);
  c.field("partition_index", m.partition_index);
  c.field("leader_id", m.leader_id);
  c.field("leader_epoch", m.leader_epoch);
  c.field("replica_nodes", m.replica_nodes);
  c.field("isr_nodes", m.isr_nodes);
  c.field("eligible_leader_replicas", m.eligible_leader_replicas);
  c.field("last_known_elr", m.last_known_elr);
  c.field("offline_replicas", m.offline_replicas);
}

template <class Codec>
void fields(Codec& c,
            describe_topic_partitions_response::describe_topic_partitions_response_topic& m) {
  c.field("error_code", m.error_code);
  c.field("name", m.name);
  c.field("topic_id", m.topic_id);
  c.field("is_internal", m.is_internal);
  c.field("partitions", m.partitions);
  c.field("topic_authorized_operations", m.topic_authorized_operations);
}

template <class Codec>
void fields(Codec& c, describe_topic_partitions_response::topic_cursor& m) {
  c.field("topic_name", m.topic_name);
  c.field("partition_index", m.partition_index);
}

template <class Codec>
void fields(Codec& c, describe_topic_partitions_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("topics", m.topics);
  c.field("next_cursor", m.next_cursor);
}

OTTLA_MESSAGE(describe_topic_partitions_request);
OTTLA_MESSAGE(describe_topic_partitions_response);

}  // namespace ottla
