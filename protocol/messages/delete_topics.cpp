#include "protocol/messages/delete_topics.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, delete_topics_request::delete_topic_state& m) {
  c.field("name", m.name);
  c.field("topic_id", m.topic_id);
}

template <class Codec>
void fields(Codec& c, delete_topics_request& m) {
  c.field("topics", m.topics, since(6));
  c.field("topic_names", m.topic_names, until(5));
  c.field("timeout_ms", m.timeout_ms);
}

template <class Codec>
void fields(Codec& c, delete_topics_response::deletable_topic_result& m) {
  c.field("name", m.name, always, since(6));
  c.field("topic_id", m.topic_id, since(6));
  c.field("error_code", m.error_code);
  c.field("error_message", m.error_message, since(5));
}

template <class Codec>
void fields(Codec& c, delete_topics_response& m) {
  c.field("throttle_time_ms", m.throttle_time_ms);
  c.field("responses", m.responses);
}

OTTLA_MESSAGE(delete_topics_request);
OTTLA_MESSAGE(delete_topics_response);

}  // namespace ottla
