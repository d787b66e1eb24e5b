#include "protocol/messages/leave_group.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, leave_group_request::member_identity& m) {
  c.field("member_id", m.member_id);
  c.field("group_instance_id", m.group_instance_id);
  c.field("reason", m.reason, since(5));
}

template <class Codec>
void fields(Codec& c, leave_group_request& m) {
  c.field("group_id", m.group_id);
  c.field("member_id", m.member_id, until(2));
  c.field("members", m.members, since(3));
}

template <class Codec>
void fields(Codec& c, leave_group_response::member_response& m) {
  c.field("member_id", m.member_id);
  c.field("group_instance_id", m.group_instance_id);
  c.field("error_code", m.error_code);
}

template <class Codec>
void fields(Codec& c, leave_group_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(1));
  c.field("error_code", m.error_code);
  c.field("members", m.members, since(3));
}

OTTLA_MESSAGE(leave_group_request);
OTTLA_MESSAGE(leave_group_response);

}  // namespace ottla
