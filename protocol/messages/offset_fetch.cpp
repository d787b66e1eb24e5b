#include "protocol/messages/offset_fetch.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, offset_fetch_request::offset_fetch_request_topic& m) {
  c.field("name", m.name);
  c.field("partition_indexes", m.partition_indexes);
}

template <class Codec>
void fields(Codec& c, offset_fetch_request::offset_fetch_request_topics& m) {
  c.field("name", m.name, until(9));
  c.field("topic_id", m.topic_id, since(10));
  c.field("partition_indexes", m.partition_indexes);
}

template <class Codec>
void fields(Codec& c, offset_fetch_request::offset_fetch_request_group& m) {
  c.field("group_id", m.group_id);
  c.field("member_id", m.member_id, since(9));
  c.field("member_epoch", m.member_epoch, since(9));
  c.field("topics", m.topics);
}

template <class Codec>
void fields(Codec& c, offset_fetch_request& m) {
  c.field("group_id", m.group_id, until(7));
  c.field("topics", m.topics, until(7), between(2, 7));
  c.field("groups", m.groups, since(8));
  c.field("require_stable", m.require_stable, since(7));
}

template <class Codec>
void fields(Codec& c, offset_fetch_response::offset_fetch_response_partition& m) {
  c.field("partition_index", m.partition_index);
  c.field("committed_offset", m.committed_offset);
  c.field("committed_leader_epoch", m.committed_leader_epoch, since(5));
  c.field("metadata", m.metadata);
  c.field("error_code", m.error_code);
}

template <class Codec>
void fields(Codec& c, offset_fetch_response::offset_fetch_response_topic& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, offset_fetch_response::offset_fetch_response_partitions& m) {
  c.field("partition_index", m.partition_index);
  c.field("committed_offset", m.committed_offset);
  c.field("committed_leader_epoch", m.committed_leader_epoch);
  c.field("metadata", m.metadata);
  c.field("error_code", m.error_code);
}

template <class Codec>
void fields(Codec& c, offset_fetch_response::offset_fetch_response_topics& m) {
  c.field("name", m.name, until(9));
  c.field("topic_id", m.topic_id, since(10));
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, offset_fetch_response::offset_fetch_response_group& m) {
  c.field("group_id", m.group_id);
  c.field("topics", m.topics);
  c.field("error_code", m.error_code);
}

template <class Codec>
void fields(Codec& c, offset_fetch_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(3));
  c.field("topics", m.topics, until(7));
  c.field("error_code", m.error_code, between(2, 7));
  c.field("groups", m.groups, since(8));
}

OTTLA_MESSAGE(offset_fetch_request);
OTTLA_MESSAGE(offset_fetch_response);

}  // namespace ottla
