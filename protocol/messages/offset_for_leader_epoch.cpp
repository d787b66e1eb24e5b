#include "protocol/messages/offset_for_leader_epoch.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, offset_for_leader_epoch_request::offset_for_leader_partition& m) {
  c.field("partition", m.partition);
  c.field("current_leader_epoch", m.current_leader_epoch);
  c.field("leader_epoch", m.leader_epoch);
}

template <class Codec>
void fields(Codec& c, offset_for_leader_epoch_request::offset_for_leader_topic& m) {
  c.field("topic", m.topic);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, offset_for_leader_epoch_request& m) {
  c.field("replica_id", m.replica_id, since(3));
  c.field("topics", m.topics);
}

template <class Codec>
void fields(Codec& c, offset_for_leader_epoch_response::epoch_end_offset& m) {
  c.field("error_code", m.error_code);
  c.field("partition", m.partition);
  c.field("leader_epoch", m.leader_epoch);
  c.field("end_offset", m.end_offset);
}

template <class Codec>
void fields(Codec& c, offset_for_leader_epoch_response::offset_for_leader_topic_result& m) {
  c.field("topic", m.topic);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, offset_for_leader_epoch_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("topics", m.topics);
}

OTTLA_MESSAGE(offset_for_leader_epoch_request);
OTTLA_MESSAGE(offset_for_leader_epoch_response);

}  // namespace ottla
