#include "protocol/messages/produce.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, produce_request::partition_produce_data& m) {
  c.field("index", m.index);
  c.records("records", m.records);
}

template <class Codec>
void fields(Codec& c, produce_request::topic_produce_data& m) {
  c.field("name", m.name, until(12));
  c.field("topic_id", m.topic_id, since(13));
  c.field("partition_data", m.partition_data);
}

template <class Codec>
void fields(Codec& c, produce_request& m) {
  c.field("transactional_id", m.transactional_id);
  c.field("acks", m.acks);
  c.field("timeout_ms", m.timeout_ms);
  c.field("topic_data", m.topic_data);
}

template <class Codec>
void fields(Codec& c, produce_response::batch_index_and_error_message& m) {
  c.field("batch_index", m.batch_index);
  c.field("batch_index_error_message", m.batch_index_error_message);
}

template <class Codec>
void fields(Codec& c, produce_response::leader_id_and_epoch& m) {
  c.field("leader_id", m.leader_id);
  c.field("leader_epoch", m.leader_epoch);
}

template <class Codec>
void fields(Codec& c, produce_response::partition_produce_response& m) {
  c.field("index", m.index);
  c.field("error_code", m.error_code);
  c.field("base_offset", m.base_offset);
  c.field("log_append_time_ms", m.log_append_time_ms);
  c.field("log_start_offset", m.log_start_offset, since(5));
  c.field("record_errors", m.record_errors, since(8));
  c.field("error_message", m.error_message, since(8));
}

template <class Codec>
void tagged_fields(Codec& c, produce_response::partition_produce_response& m) {
  c.tagged(0, "current_leader", m.current_leader, since(10));
}

template <class Codec>
void fields(Codec& c, produce_response::topic_produce_response& m) {
  c.field("name", m.name, until(12));
  c.field("topic_id", m.topic_id, since(13));
  c.field("partition_responses", m.partition_responses);
}

template <class Codec>
void fields(Codec& c, produce_response::node_endpoint& m) {
  c.field("node_id", m.node_id);
  c.field("host", m.host);
  c.field("port", m.port);
  c.field("rack", m.rack);
}

template <class Codec>
void fields(Codec& c, produce_response& m) {
  c.field("responses", m.responses);
  c.field("throttle_time_ms", m.throttle_time_ms);
}

template <class Codec>
void tagged_fields(Codec& c, produce_response& m) {
  c.tagged(0, "node_endpoints", m.node_endpoints, since(10));
}

OTTLA_MESSAGE(produce_request);
OTTLA_MESSAGE(produce_response);

}  // namespace ottla
