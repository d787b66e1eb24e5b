#include "protocol/messages/metadata.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, metadata_request::metadata_request_topic& m) {
  c.field("topic_id", m.topic_id, since(10));
  c.field("name", m.name, always, since(10));
}

template <class Codec>
void fields(Codec& c, metadata_request& m) {
  c.field("topics", m.topics, always, since(1));
  c.field("allow_auto_topic_creation", m.allow_auto_topic_creation, since(4));
  c.field("include_cluster_authorized_operations", m.include_cluster_authorized_operations,
          between(8, 10));
  c.field("include_topic_authorized_operations", m.include_topic_authorized_operations, since(8));
}

template <class Codec>
void fields(Codec& c, metadata_response::metadata_response_broker& m) {
  c.field("node_id", m.node_id);
  c.field("host", m.host);
  c.field("port", m.port);
  c.field("rack", m.rack, since(1));
}

template <class Codec>
void fields(Codec& c, metadata_response::metadata_response_partition& m) {
  c.field("error_code", m.error_code);
  c.field("partition_index", m.partition_index);
  c.field("leader_id", m.leader_id);
  c.field("leader_epoch", m.leader_epoch, since(7));
  c.field("replica_nodes", m.replica_nodes);
  c.field("isr_nodes", m.isr_nodes);
  c.field("offline_replicas", m.offline_replicas, since(5));
}

template <class Codec>
void fields(Codec& c, metadata_response::metadata_response_topic& m) {
  c.field("error_code", m.error_code);
  c.field("name", m.name, always, since(12));
  c.field("topic_id", m.topic_id, since(10));
  c.field("is_internal", m.is_internal, since(1));
  c.field("partitions", m.partitions);
  c.field("topic_authorized_operations", m.topic_authorized_operations, since(8));
}

template <class Codec>
void fields(Codec& c, metadata_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(3));
  c.field("brokers", m.brokers);
  c.field("cluster_id", m.cluster_id, since(2));
  c.field("controller_id", m.controller_id, since(1));
  c.field("topics", m.topics);
  c.field("cluster_authorized_operations", m.cluster_authorized_operations, between(8, 10));
  c.field("error_code", m.error_code, since(13));
}

OTTLA_MESSAGE(metadata_request);
OTTLA_MESSAGE(metadata_response);

}  // namespace ottla
