#include "protocol/messages/fetch.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, fetch_request::fetching_replica& m) {
  c.field("replica_id", m.replica_id);
  c.field("replica_epoch", m.replica_epoch);
}

template <class Codec>
void fields(Codec& c, fetch_request::fetch_partition& m) {
  c.field("partition", m.partition);
  c.field("current_leader_epoch", m.current_leader_epoch, since(9));
  c.field("fetch_offset", m.fetch_offset);
  c.field("last_fetched_epoch", m.last_fetched_epoch, since(12));
  c.field("log_start_offset", m.log_start_offset, since(5));
  c.field("partition_max_bytes", m.partition_max_bytes);
}

template <class Codec>
void tagged_fields(Codec& c, fetch_request::fetch_partition& m) {
  c.tagged(0, "replica_directory_id", m.replica_directory_id, since(17));
  c.tagged(1, "high_watermark", m.high_watermark, since(18), std::numeric_limits<int64_t>::max());
}

template <class Codec>
void fields(Codec& c, fetch_request::fetch_topic& m) {
  c.field("topic", m.topic, until(12));
  c.field("topic_id", m.topic_id, since(13));
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, fetch_request::forgotten_topic& m) {
  c.field("topic", m.topic, until(12));
  c.field("topic_id", m.topic_id, since(13));
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, fetch_request& m) {
  c.field("replica_id", m.replica_id, until(14));
  c.field("max_wait_ms", m.max_wait_ms);
  c.field("min_bytes", m.min_bytes);
  c.field("max_bytes", m.max_bytes);
  c.field("isolation_level", m.isolation_level);
  c.field("session_id", m.session_id, since(7));
  c.field("session_epoch", m.session_epoch, since(7));
  c.field("topics", m.topics);
  c.field("forgotten_topics_data", m.forgotten_topics_data, since(7));
  c.field("rack_id", m.rack_id, since(11));
}

template <class Codec>
void tagged_fields(Codec& c, fetch_request& m) {
  c.tagged(0, "cluster_id", m.cluster_id, since(12));
  c.tagged(1, "replica_state", m.replica_state, since(15));
}

template <class Codec>
void fields(Codec& c, fetch_response::epoch_end_offset& m) {
  c.field("epoch", m.epoch);
  c.field("end_offset", m.end_offset);
}

template <class Codec>
void fields(Codec& c, fetch_response::leader_id_and_epoch& m) {
  c.field("leader_id", m.leader_id);
  c.field("leader_epoch", m.leader_epoch);
}

template <class Codec>
void fields(Codec& c, fetch_response::snapshot_end& m) {
  c.field("end_offset", m.end_offset);
  c.field("epoch", m.epoch);
}

template <class Codec>
void fields(Codec& c, fetch_response::aborted_transaction& m) {
  c.field("producer_id", m.producer_id);
  c.field("first_offset", m.first_offset);
}

template <class Codec>
void fields(Codec& c, fetch_response::partition_data& m) {
  c.field("partition_index", m.partition_index);
  c.field("error_code", m.error_code);
  c.field("high_watermark", m.high_watermark);
  c.field("last_stable_offset", m.last_stable_offset);
  c.field("log_start_offset", m.log_start_offset, since(5));
  c.field("aborted_transactions", m.aborted_transactions);
  c.field("preferred_read_replica", m.preferred_read_replica, since(11));
  c.records("records", m.records);
}

template <class Codec>
void tagged_fields(Codec& c, fetch_response::partition_data& m) {
  c.tagged(0, "diverging_epoch", m.diverging_epoch, since(12));
  c.tagged(1, "current_leader", m.current_leader, since(12));
  c.tagged(2, "snapshot_id", m.snapshot_id, since(12));
}

template <class Codec>
void fields(Codec& c, fetch_response::fetchable_topic_response& m) {
  c.field("topic", m.topic, until(12));
  c.field("topic_id", m.topic_id, since(13));
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, fetch_response::node_endpoint& m) {
  c.field("node_id", m.node_id);
  c.field("host", m.host);
  c.field("port", m.port);
  c.field("rack", m.rack);
}

template <class Codec>
void fields(Codec& c, fetch_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("error_code", m.error_code, since(7));
  c.field("session_id", m.session_id, since(7));
  c.field("responses", m.responses);
}

template <class Codec>
void tagged_fields(Codec& c, fetch_response& m) {
  c.tagged(0, "node_endpoints", m.node_endpoints, since(16));
}

OTTLA_MESSAGE(fetch_request);
OTTLA_MESSAGE(fetch_response);

}  // namespace ottla
