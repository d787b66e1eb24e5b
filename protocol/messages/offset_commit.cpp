#include "protocol/messages/offset_commit.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, offset_commit_request::offset_commit_request_partition& m) {
  c.field("partition_index", m.partition_index);
  c.field("committed_offset", m.committed_offset);
  c.field("committed_leader_epoch", m.committed_leader_epoch, since(6));
  c.field("committed_metadata", m.committed_metadata);
}

template <class Codec>
void fields(Codec& c, offset_commit_request::offset_commit_request_topic& m) {
  c.field("name", m.name, until(9));
  c.field("topic_id", m.topic_id, since(10));
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, offset_commit_request& m) {
  c.field("group_id", m.group_id);
  c.field("generation_id_or_member_epoch", m.generation_id_or_member_epoch);
  c.field("member_id", m.member_id);
  c.field("group_instance_id", m.group_instance_id, since(7));
  c.field("retention_time_ms", m.retention_time_ms, until(4));
  c.field("topics", m.topics);
}

template <class Codec>
void fields(Codec& c, offset_commit_response::offset_commit_response_partition& m) {
  c.field("partition_index", m.partition_index);
  c.field("error_code", m.error_code);
}

template <class Codec>
void fields(Codec& c, offset_commit_response::offset_commit_response_topic& m) {
  c.field("name", m.name, until(9));
  c.field("topic_id", m.topic_id, since(10));
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, offset_commit_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(3));
  c.field("topics", m.topics);
}

OTTLA_MESSAGE(offset_commit_request);
OTTLA_MESSAGE(offset_commit_response);

}  // namespace ottla
