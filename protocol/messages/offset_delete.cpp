#include "protocol/messages/offset_delete.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, offset_delete_request::offset_delete_request_partition& m) {
  c.field("partition_index", m.partition_index);
}

template <class Codec>
void fields(Codec& c, offset_delete_request::offset_delete_request_topic& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, offset_delete_request& m) {
  c.field("group_id", m.group_id);
  c.field("topics", m.topics);
}

template <class Codec>
void fields(Codec& c, offset_delete_response::offset_delete_response_partition& m) {
  c.field("partition_index", m.partition_index);
  c.field("error_code", m.error_code);
}

template <class Codec>
void fields(Codec& c, offset_delete_response::offset_delete_response_topic& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, offset_delete_response& m) {
  c.field("error_code", m.error_code);
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("topics", m.topics);
}

OTTLA_MESSAGE(offset_delete_request);
OTTLA_MESSAGE(offset_delete_response);

}  // namespace ottla
