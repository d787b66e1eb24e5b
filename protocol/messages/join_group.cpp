#include "protocol/messages/join_group.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, join_group_request::join_group_request_protocol& m) {
  c.field("name", m.name);
  c.field("metadata", m.metadata);
}

template <class Codec>
void fields(Codec& c, join_group_request& m) {
  c.field("group_id", m.group_id);
  c.field("session_timeout_ms", m.session_timeout_ms);
  c.field("rebalance_timeout_ms", m.rebalance_timeout_ms, since(1));
  c.field("member_id", m.member_id);
  c.field("group_instance_id", m.group_instance_id, since(5));
  c.field("protocol_type", m.protocol_type);
  c.field("protocols", m.protocols);
  c.field("reason", m.reason, since(8));
}

template <class Codec>
void fields(Codec& c, join_group_response::join_group_response_member& m) {
  c.field("member_id", m.member_id);
  c.field("group_instance_id", m.group_instance_id, since(5));
  c.field("metadata", m.metadata);
}

template <class Codec>
void fields(Codec& c, join_group_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(2));
  c.field("error_code", m.error_code);
  c.field("generation_id", m.generation_id);
  c.field("protocol_type", m.protocol_type, since(7));
  c.field("protocol_name", m.protocol_name, always, since(7));
  c.field("leader", m.leader);
  c.field("skip_assignment", m.skip_assignment, since(9));
  c.field("member_id", m.member_id);
  c.field("members", m.members);
}

OTTLA_MESSAGE(join_group_request);
OTTLA_MESSAGE(join_group_response);

}  // namespace ottla
