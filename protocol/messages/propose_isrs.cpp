#include "protocol/messages/propose_isrs.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, propose_isrs_request::member& m) {
  c.field("broker_id", m.broker_id);
  c.field("broker_epoch", m.broker_epoch);
}

template <class Codec>
void fields(Codec& c, propose_isrs_request::proposal& m) {
  c.field("topic_id", m.topic_id);
  c.field("partition_index", m.partition_index);
  c.field("leader_epoch", m.leader_epoch);
  c.field("partition_epoch", m.partition_epoch);
  c.field("isr", m.isr);
}

template <class Codec>
void fields(Codec& c, propose_isrs_request& m) {
  c.field("proposals", m.proposals);
}

template <class Codec>
void fields(Codec& c, propose_isrs_response::result& m) {
  c.field("refusal", m.refusal);
  c.field("partition_epoch", m.partition_epoch);
  c.field("replicas", m.replicas);
  c.field("isr", m.isr);
}

template <class Codec>
void fields(Codec& c, propose_isrs_response& m) {
  c.field("error_code", m.error_code);
  c.field("results", m.results);
}

OTTLA_MESSAGE(propose_isrs_request);
OTTLA_MESSAGE(propose_isrs_response);

}  // namespace ottla
