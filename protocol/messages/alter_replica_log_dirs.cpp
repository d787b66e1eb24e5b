#include "protocol/messages/alter_replica_log_dirs.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, alter_replica_log_dirs_request::alter_replica_log_dir_topic& m) {
  c.field("name", m.name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, alter_replica_log_dirs_request::alter_replica_log_dir& m) {
  c.field("path", m.path);
  c.field("topics", m.topics);
}

template <class Codec>
void fields(Codec& c, alter_replica_log_dirs_request& m) {
  c.field("dirs", m.dirs);
}

template <class Codec>
void fields(Codec& c, alter_replica_log_dirs_response::alter_replica_log_dir_partition_result& m) {
  c.field("partition_index", m.partition_index);
  c.field("error_code", m.error_code);
}

template <class Codec>
void fields(Codec& c, alter_replica_log_dirs_response::alter_replica_log_dir_topic_result& m) {
  c.field("topic_name", m.topic_name);
  c.field("partitions", m.partitions);
}

template <class Codec>
void fields(Codec& c, alter_replica_log_dirs_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("results", m.results);
}

OTTLA_MESSAGE(alter_replica_log_dirs_request);
OTTLA_MESSAGE(alter_replica_log_dirs_response);

}  // namespace ottla
