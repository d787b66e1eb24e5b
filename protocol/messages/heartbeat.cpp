#include "protocol/messages/heartbeat.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, heartbeat_request& m) {
  c.field("group_id", m.group_id);
  c.field("generation_id", m.generation_id);
  c.field("member_id", m.member_id);
  c.field("group_instance_id", m.group_instance_id, since(3));
}

template <class Codec>
void fields(Codec& c, heartbeat_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(1));
  c.field("error_code", m.error_code);
}

OTTLA_MESSAGE(heartbeat_request);
OTTLA_MESSAGE(heartbeat_response);

}  // namespace ottla
