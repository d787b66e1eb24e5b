#include "protocol/messages/describe_groups.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, describe_groups_request& m) {
  c.field("groups", m.groups);
  c.field("include_authorized_operations", m.include_authorized_operations, since(3));
}

template <class Codec>
void fields(Codec& c, describe_groups_response::described_group_member& m) {
  c.field("member_id", m.member_id);
  c.field("group_instance_id", m.group_instance_id, since(4));
  c.field("client_id", m.client_id);
  c.field("client_host", m.client_host);
  c.field("member_metadata", m.member_metadata);
  c.field("member_assignment", m.member_assignment);
}

template <class Codec>
void fields(Codec& c, describe_groups_response::described_group& m) {
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message, since(6));
  c.field("group_id", m.group_id);
  c.field("group_state", m.group_state);
  c.field("protocol_type", m.protocol_type);
  c.field("protocol_data", m.protocol_data);
  c.field("members", m.members);
  c.field("authorized_operations", m.authorized_operations, since(3));
}

template <class Codec>
void fields(Codec& c, describe_groups_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(1));
  c.field("groups", m.groups);
}

OTTLA_MESSAGE(describe_groups_request);
OTTLA_MESSAGE(describe_groups_response);

}  // namespace ottla
