#include "protocol/messages/create_partitions.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, create_partitions_request::create_partitions_assignment& m) {
  c.field("broker_ids", m.broker_ids);
}

template <class Codec>
void fields(Codec& c, create_partitions_request::create_partitions_topic& m) {
  c.field("name", m.name);
  c.field("count", m.count);
  c.field("assignments", m.assignments);
}

template <class Codec>
void fields(Codec& c, create_partitions_request& m) {
  c.field("topics", m.topics);
  c.field("timeout_ms", m.timeout_ms);
  c.field("validate_only", m.validate_only);
}

template <class Codec>
void fields(Codec& c, create_partitions_response::create_partitions_topic_result& m) {
  c.field("name", m.name);
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
}

template <class Codec>
void fields(Codec& c, create_partitions_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("results", m.results);
}

OTTLA_MESSAGE(create_partitions_request);
OTTLA_MESSAGE(create_partitions_response);

}  // namespace ottla
