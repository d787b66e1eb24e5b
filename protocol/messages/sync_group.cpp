#include "protocol/messages/sync_group.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, sync_group_request::sync_group_request_assignment& m) {
  c.field("member_id", m.member_id);
  c.field("assignment", m.assignment);
}

template <class Codec>
void fields(Codec& c, sync_group_request& m) {
  c.field("group_id", m.group_id);
  c.field("generation_id", m.generation_id);
  c.field("member_id", m.member_id);
  c.field("group_instance_id", m.group_instance_id, since(3));
  c.field("protocol_type", m.protocol_type, since(5));
  c.field("protocol_name", m.protocol_name, since(5));
  c.field("assignments", m.assignments);
}

template <class Codec>
void fields(Codec& c, sync_group_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(1));
  c.field("error_code", m.error_code);
  c.field("protocol_type", m.protocol_type, since(5));
  c.field("protocol_name", m.protocol_name, since(5));
  c.field("assignment", m.assignment);
}

OTTLA_MESSAGE(sync_group_request);
OTTLA_MESSAGE(sync_group_response);

}  // namespace ottla
