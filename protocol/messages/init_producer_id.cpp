#include "protocol/messages/init_producer_id.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, init_producer_id_request& m) {
  c.field("transactional_id", m.transactional_id);
  c.field("transaction_timeout_ms", m.transaction_timeout_ms);
  c.field("producer_id", m.producer_id, since(3));
  c.field("producer_epoch", m.producer_epoch, since(3));
}

template <class Codec>
void fields(Codec& c, init_producer_id_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("error_code", m.error_code);
  c.field("producer_id", m.producer_id);
  c.field("producer_epoch", m.producer_epoch);
}

OTTLA_MESSAGE(init_producer_id_request);
OTTLA_MESSAGE(init_producer_id_response);

}  // namespace ottla
