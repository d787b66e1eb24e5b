#include "protocol/messages/reserve_producer_ids.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec&, reserve_producer_ids_request&) {}

template <class Codec>
void fields(Codec& c, reserve_producer_ids_response& m) {
  c.field("error_code", m.error_code);
  c.field("first", m.first);
  c.field("count", m.count);
}

OTTLA_MESSAGE(reserve_producer_ids_request);
OTTLA_MESSAGE(reserve_producer_ids_response);

}  // namespace ottla
