#include "protocol/messages/create_topics.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, create_topics_request::creatable_replica_assignment& m) {
  c.field("partition_index", m.partition_index);
  c.field("broker_ids", m.broker_ids);
}

template <class Codec>
void fields(Codec& c, create_topics_request::creatable_topic_config& m) {
  c.field("name", m.name);
  c.field("value", m.value);
}

template <class Codec>
void fields(Codec& c, create_topics_request::creatable_topic& m) {
  c.field("name", m.name);
  c.field("num_partitions", m.num_partitions);
  c.field("replication_factor", m.replication_factor);
  c.field("assignments", m.assignments);
  c.field("configs", m.configs);
}

template <class Codec>
void fields(Codec& c, create_topics_request& m) {
  c.field("topics", m.topics);
  c.field("timeout_ms", m.timeout_ms);
  c.field("validate_only", m.validate_only);
}

template <class Codec>
void fields(Codec& c, create_topics_response::creatable_topic_configs& m) {
  c.field("name", m.name);
  c.field("value", m.value);
  c.field("read_only", m.read_only);
  c.field("config_source", m.config_source);
  c.field("is_sensitive", m.is_sensitive);
}

template <class Codec>
void fields(Codec& c, create_topics_response::creatable_topic_result& m) {
  c.field("name", m.name);
  c.field("topic_id", m.topic_id, since(7));
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
  c.field("num_partitions", m.num_partitions, since(5));
  c.field("replication_factor", m.replication_factor, since(5));
  c.field("configs", m.configs, since(5));
}

template <class Codec>
void tagged_fields(Codec& c, create_topics_response::creatable_topic_result& m) {
  c.tagged(0, "topic_config_error_code", m.topic_config_error_code, since(5));
}

template <class Codec>
void fields(Codec& c, create_topics_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("topics", m.topics);
}

OTTLA_MESSAGE(create_topics_request);
OTTLA_MESSAGE(create_topics_response);

}  // namespace ottla
