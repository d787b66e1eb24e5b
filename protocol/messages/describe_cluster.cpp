#include "protocol/messages/describe_cluster.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, describe_cluster_request& m) {
  c.field("include_cluster_authorized_operations", m.include_cluster_authorized_operations);
  c.field("endpoint_type", m.endpoint_type, since(1));
  c.field("include_fenced_brokers", m.include_fenced_brokers, since(2));
}

template <class Codec>
void fields(Codec& c, describe_cluster_response::describe_cluster_broker& m) {
  c.field("broker_id", m.broker_id);
  c.field("host", m.host);
  c.field("port", m.port);
  c.field("rack", m.rack);
  c.field("is_fenced", m.is_fenced, since(2));
}

template <class Codec>
void fields(Codec& c, describe_cluster_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message);
  c.field("endpoint_type", m.endpoint_type, since(1));
  c.field("cluster_id", m.cluster_id);
  c.field("controller_id", m.controller_id);
  c.field("brokers", m.brokers);
  c.field("cluster_authorized_operations", m.cluster_authorized_operations);
}

OTTLA_MESSAGE(describe_cluster_request);
OTTLA_MESSAGE(describe_cluster_response);

}  // namespace ottla
