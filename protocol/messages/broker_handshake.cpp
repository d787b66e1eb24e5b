#include "protocol/messages/broker_handshake.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, broker_hello_request& m) {
  c.field("broker_id", m.broker_id);
  c.field("broker_epoch", m.broker_epoch);
  c.field("called_id", m.called_id);
  c.field("nonce", m.nonce);
}

template <class Codec>
void fields(Codec& c, broker_hello_response& m) {
  c.field("error_code", m.error_code);
  c.field("nonce", m.nonce);
  c.field("proof", m.proof);
}

template <class Codec>
void fields(Codec& c, broker_proof_request& m) {
  c.field("proof", m.proof);
}

template <class Codec>
void fields(Codec& c, broker_proof_response& m) {
  c.field("error_code", m.error_code);
}

OTTLA_MESSAGE(broker_hello_request);
OTTLA_MESSAGE(broker_hello_response);
OTTLA_MESSAGE(broker_proof_request);
OTTLA_MESSAGE(broker_proof_response);

}  // namespace ottla
