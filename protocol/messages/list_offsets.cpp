#include "protocol/messages/list_offsets.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, list_offsets_request::list_offsets_partition& m) {
  c.field("partition_index", m.partition_index);
  c.field("current_leader_epoch", m.current_leader_epoch, since(4));
  c.field("timestamp", m.timestamp);
}

template <class Codec>
void fields(Codec& c, list_offsets_request::list_offsets_topic& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, list_offsets_request& m) {
  c.field("replica_id", m.replica_id);
  c.field("isolation_level", m.isolation_level, since(2));
  c.field("topics", m.topics);
  c.field("timeout_ms", m.timeout_ms, since(10));
}

template <class Codec>
void fields(Codec& c, list_offsets_response::list_offsets_partition_response& m) {
  c.field("partition_index", m.partition_index);
  c.field("error_code", m.error_code);
  c.field("timestamp", m.timestamp);
  c.field("offset", m.offset);
  c.field("leader_epoch", m.leader_epoch, since(4));
}

template <class Codec>
void fields(Codec& c, list_offsets_response::list_offsets_topic_response& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, list_offsets_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(2));
  c.field("topics", m.topics);
}

OTTLA_MESSAGE(list_offsets_request);
OTTLA_MESSAGE(list_offsets_response);

}  // namespace ottla
