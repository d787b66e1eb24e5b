#include "protocol/messages/incremental_alter_configs.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, incremental_alter_configs_request::alterable_config& m) {
  c.field("name", m.name);
  c.field("config_operation", m.config_operation);
  c.field("value", m.value);
}

template <class Codec>
void fields(Codec& c, incremental_alter_configs_request::alter_configs_resource& m) {
  c.field("resource_type", m.resource_type);
  c.field("resource_name", m.resource_name);
  c.field("configs", m.configs);
}

template <class Codec>
void fields(Codec& c, incremental_alter_configs_request& m) {
  c.field("resources", m.resources);
  c.field("validate_only", m.validate_only);
}

template <class Codec>
void fields(Codec& c, incremental_alter_configs_response::alter_configs_resource_response& m) {
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
  c.field("resource_type", m.resource_type);
  c.field("resource_name", m.resource_name);
}

template <class Codec>
void fields(Codec& c, incremental_alter_configs_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("responses", m.responses);
}

OTTLA_MESSAGE(incremental_alter_configs_request);
OTTLA_MESSAGE(incremental_alter_configs_response);

}  // namespace ottla
