#include "protocol/messages/list_config_resources.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, list_config_resources_request& m) {
  c.field("resource_types", m.resource_types, since(1));
}

template <class Codec>
void fields(Codec& c, list_config_resources_response::config_resource& m) {
  c.field("resource_name", m.resource_name);
  c.field("resource_type", m.resource_type, since(1));
}

template <class Codec>
void fields(Codec& c, list_config_resources_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("error_code", m.error_code);
  c.field("config_resources", m.config_resources);
}

OTTLA_MESSAGE(list_config_resources_request);
OTTLA_MESSAGE(list_config_resources_response);

}  // namespace ottla
