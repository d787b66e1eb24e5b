#include "protocol/messages/describe_log_dirs.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, describe_log_dirs_request::describable_log_dir_topic& m) {
  c.field("topic", m.topic);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, describe_log_dirs_request& m) {
  c.field("topics", m.topics);
}

template <class Codec>
void fields(Codec& c, describe_log_dirs_response::describe_log_dirs_partition& m) {
  c.field("partition_index", m.partition_index);
  c.field("partition_size", m.partition_size);
  c.field("offset_lag", m.offset_lag);
  c.field("is_future_key", m.is_future_key);
}

template <class Codec>
void fields(Codec& c, describe_log_dirs_response::describe_log_dirs_topic& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, describe_log_dirs_response::describe_log_dirs_result& m) {
  c.field("error_code", m.error_code);
  c.field("log_dir", m.log_dir);
  c.field("topics", m.topics);
  c.field("total_bytes", m.total_bytes, since(4));
  c.field("usable_bytes", m.usable_bytes, since(4));
  c.field("is_cordoned", m.is_cordoned, since(5));
}

template <class Codec>
void fields(Codec& c, describe_log_dirs_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("error_code", m.error_code, since(3));
  c.field("results", m.results);
}

OTTLA_MESSAGE(describe_log_dirs_request);
OTTLA_MESSAGE(describe_log_dirs_response);

}  // namespace ottla
