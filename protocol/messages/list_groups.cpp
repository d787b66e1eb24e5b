#include "protocol/messages/list_groups.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, list_groups_request& m) {
  c.field("states_filter", m.states_filter, since(4));
  c.field("types_filter", m.types_filter, since(5));
}

template <class Codec>
void fields(Codec& c, list_groups_response::listed_group& m) {
  c.field("group_id", m.group_id);
  c.field("protocol_type", m.protocol_type);
  c.field("group_state", m.group_state, since(4));
  c.field("group_type", m.group_type, since(5));
}

template <class Codec>
void fields(Codec& c, list_groups_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(1));
  c.field("error_code", m.error_code);
  c.field("groups", m.groups);
}

OTTLA_MESSAGE(list_groups_request);
OTTLA_MESSAGE(list_groups_response);

}  // namespace ottla
