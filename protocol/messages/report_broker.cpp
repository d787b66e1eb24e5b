#include "protocol/messages/report_broker.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, report_broker_request::replica& m) {
  c.field("topic_id", m.topic_id);
  c.field("partition_index", m.partition_index);
}

template <class Codec>
void fields(Codec& c, report_broker_request& m) {
  c.field("is_ready", m.is_ready);
  c.field("is_stopping", m.is_stopping);
  c.field("removed_topics", m.removed_topics);
  c.field("removed_replicas", m.removed_replicas);
  c.field("failed_replicas", m.failed_replicas, since(1));
}

template <class Codec>
void fields(Codec& c, report_broker_response& m) {
  c.field("error_code", m.error_code);
}

OTTLA_MESSAGE(report_broker_request);
OTTLA_MESSAGE(report_broker_response);

}  // namespace ottla
