#include "protocol/messages/delete_records.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, delete_records_request::delete_records_partition& m) {
  c.field("partition_index", m.partition_index);
  c.field("offset", m.offset);
}

template <class Codec>
void fields(Codec& c, delete_records_request::delete_records_topic& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, delete_records_request& m) {
  c.field("topics", m.topics);
  c.field("timeout_ms", m.timeout_ms);
}

template <class Codec>
void fields(Codec& c, delete_records_response::delete_records_partition_result& m) {
  c.field("partition_index", m.partition_index);
  c.field("low_watermark", m.low_watermark);
  c.field("error_code", m.error_code);
}

template <class Codec>
void fields(Codec& c, delete_records_response::delete_records_topic_result& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, delete_records_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("topics", m.topics);
}

OTTLA_MESSAGE(delete_records_request);
OTTLA_MESSAGE(delete_records_response);

}  // namespace ottla
