#include "protocol/messages/find_coordinator.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, find_coordinator_request& m) {
  c.field("key", m.key, until(3));
  c.field("key_type", m.key_type, since(1));
  c.field("coordinator_keys", m.coordinator_keys, since(4));
}

template <class Codec>
void fields(Codec& c, find_coordinator_response::coordinator& m) {
  c.field("key", m.key);
  c.field("node_id", m.node_id);
  c.field("host", m.host);
  c.field("port", m.port);
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
}

template <class Codec>
void fields(Codec& c, find_coordinator_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms, since(1));
  c.field("error_code", m.error_code, until(3));
  c.field("error_message", m.error_message, between(1, 3));
  c.field("node_id", m.node_id, until(3));
  c.field("host", m.host, until(3));
  c.field("port", m.port, until(3));
  c.field("coordinators", m.coordinators, since(4));
}

OTTLA_MESSAGE(find_coordinator_request);
OTTLA_MESSAGE(find_coordinator_response);

}  // namespace ottla
