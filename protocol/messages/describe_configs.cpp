#include "protocol/messages/describe_configs.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, describe_configs_request::describe_configs_resource& m) {
  c.field("resource_type", m.resource_type);
  c.field("resource_name", m.resource_name);
  c.field("configuration_keys", m.configuration_keys);
}

template <class Codec>
void fields(Codec& c, describe_configs_request& m) {
  c.field("resources", m.resources);
  c.field("include_synonyms", m.include_synonyms);
  c.field("include_documentation", m.include_documentation, since(3));
}

template <class Codec>
void fields(Codec& c, describe_configs_response::describe_configs_synonym& m) {
  c.field("name", m.name);
  c.field("value", m.value);
  c.field("source", m.source);
}

template <class Codec>
void fields(Codec& c, describe_configs_response::describe_configs_resource_result& m) {
  c.field("name", m.name);
  c.field("value", m.value);
  c.field("read_only", m.read_only);
  c.field("config_source", m.config_source);
  c.field("is_sensitive", m.is_sensitive);
  c.field("synonyms", m.synonyms);
  c.field("config_type", m.config_type, since(3));
  c.field("documentation", m.documentation, since(3));
}

template <class Codec>
void fields(Codec& c, describe_configs_response::describe_configs_result& m) {
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
  c.field("resource_type", m.resource_type);
  c.field("resource_name", m.resource_name);
  c.field("configs", m.configs);
}

template <class Codec>
void fields(Codec& c, describe_configs_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("results", m.results);
}

OTTLA_MESSAGE(describe_configs_request);
OTTLA_MESSAGE(describe_configs_response);

}  // namespace ottla
