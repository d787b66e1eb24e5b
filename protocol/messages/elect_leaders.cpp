#include "protocol/messages/elect_leaders.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, elect_leaders_request::topic_partition_set& m) {
  c.field("topic", m.topic);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, elect_leaders_request& m) {
  c.field("election_type", m.election_type, since(1));
  c.field("topic_partitions", m.topic_partitions);
  c.field("timeout_ms", m.timeout_ms);
}

template <class Codec>
void fields(Codec& c, elect_leaders_response::partition_election& m) {
  c.field("partition_id", m.partition_id);
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
}

template <class Codec>
void fields(Codec& c, elect_leaders_response::replica_election_result& m) {
  c.field("topic", m.topic);
  c.field("partition_result", m.partition_result);
}

template <class Codec>
void fields(Codec& c, elect_leaders_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("error_code", m.error_code, since(1));
  c.field("replica_election_results", m.replica_election_results);
}

OTTLA_MESSAGE(elect_leaders_request);
OTTLA_MESSAGE(elect_leaders_response);

}  // namespace ottla
