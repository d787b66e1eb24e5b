#include "actors/handlers/list_partition_reassignments.hpp"

#include "actors/cluster/replica_moves.hpp"
#include "protocol/messages/list_partition_reassignments.hpp"

namespace ottla {
namespace {

using topic_answer = list_partition_reassignments_response::ongoing_topic_reassignment;

void add_moving(topic_answer& answer, const topic_image& topic, int32_t index) {
  const auto* record = topic.find_partition(index);
  if (record == nullptr || !is_moving(*record)) return;
  answer.partitions.push_back({index, record->replicas, record->adding, leaving_replicas(*record)});
}

}  // namespace

void handle_list_partition_reassignments(session_context& session, request incoming,
                                         reply_slot reply) {
  auto decoded = decode<list_partition_reassignments_request>(std::move(incoming.body),
                                                              incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto image = session.services().metadata->get();
  list_partition_reassignments_response response;
  auto keep = [&](topic_answer answer) {
    if (!answer.partitions.empty()) response.topics.push_back(std::move(answer));
  };
  if (!decoded->topics) {
    for (const auto& topic : image->topics_by_name()) {
      topic_answer answer{.name = topic->name()};
      for (int32_t i = 0; i < topic->partition_count(); ++i) add_moving(answer, *topic, i);
      keep(std::move(answer));
    }
  } else {
    for (const auto& wanted : *decoded->topics) {
      auto topic = image->find_topic(wanted.name);
      if (!topic) continue;
      topic_answer answer{.name = wanted.name};
      for (auto index : wanted.partition_indexes) add_moving(answer, *topic, index);
      keep(std::move(answer));
    }
  }
  reply.send(response);
}

}  // namespace ottla
