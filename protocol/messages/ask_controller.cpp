#include "protocol/messages/ask_controller.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, ask_controller_request& m) {
  c.field("principal", m.principal);
  c.field("client_id", m.client_id);
  c.field("client_address", m.client_address);
  c.field("listener", m.listener);
  c.field("client_version", m.client_version);
  c.field("api_asked", m.api_asked);
  c.field("body_version", m.body_version);
  c.field("body", m.body);
}

template <class Codec>
void fields(Codec& c, ask_controller_response& m) {
  c.field("error_code", m.error_code);
  c.field("sequence", m.sequence);
  c.field("body", m.body);
}

OTTLA_MESSAGE(ask_controller_request);
OTTLA_MESSAGE(ask_controller_response);

}  // namespace ottla
