#include "protocol/messages/delete_groups.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, delete_groups_request& m) {
  c.field("groups_names", m.groups_names);
}

template <class Codec>
void fields(Codec& c, delete_groups_response::deletable_group_result& m) {
  c.field("group_id", m.group_id);
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message, since(3));
}

template <class Codec>
void fields(Codec& c, delete_groups_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("results", m.results);
}

OTTLA_MESSAGE(delete_groups_request);
OTTLA_MESSAGE(delete_groups_response);

}  // namespace ottla
