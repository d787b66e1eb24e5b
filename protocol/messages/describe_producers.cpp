#include "protocol/messages/describe_producers.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, describe_producers_request::topic_request& m) {
  c.field("name", m.name);
  c.field("partition_indexes", m.partition_indexes);
}

template <class Codec>
void fields(Codec& c, describe_producers_request& m) {
  c.field("topics", m.topics);
}

template <class Codec>
void fields(Codec& c, describe_producers_response::producer_state& m) {
  c.field("producer_id", m.producer_id);
  c.field("producer_epoch", m.producer_epoch);
  c.field("last_sequence", m.last_sequence);
  c.field("last_timestamp", m.last_timestamp);
  c.field("coordinator_epoch", m.coordinator_epoch);
  c.field("current_txn_start_offset", m.current_txn_start_offset);
}

template <class Codec>
void fields(Codec& c, describe_producers_response::partition_response& m) {
  c.field("partition_index", m.partition_index);
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
  c.field("active_producers", m.active_producers);
}

template <class Codec>
void fields(Codec& c, describe_producers_response::topic_response& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, describe_producers_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("topics", m.topics);
}

OTTLA_MESSAGE(describe_producers_request);
OTTLA_MESSAGE(describe_producers_response);

}  // namespace ottla
