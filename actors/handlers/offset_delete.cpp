#include "actors/handlers/offset_delete.hpp"

#include <utility>

#include "actors/handlers/group_access.hpp"
#include "protocol/messages/offset_delete.hpp"

namespace ottla {
namespace {

using topic_answer = offset_delete_response::offset_delete_response_topic;

// Takes out of the request what does not exist, and returns the answers for it.
offset_delete_response refuse_unknown(const metadata_image& image, offset_delete_request& request) {
  offset_delete_response refused;
  for (auto& topic : request.topics) {
    auto known = image.find_topic(topic.name);
    topic_answer answer{topic.name, {}};
    std::erase_if(topic.partitions, [&](const auto& each) {
      const bool exists = known && known->find_partition(each.partition_index) != nullptr;
      if (!exists) {
        answer.partitions.push_back({each.partition_index, error_code::unknown_topic_or_partition});
      }
      return !exists;
    });
    refused.topics.push_back(std::move(answer));
  }
  std::erase_if(request.topics, [](const auto& topic) { return topic.partitions.empty(); });
  return refused;
}

void merge(offset_delete_response& into, const offset_delete_response& group) {
  for (const auto& answered : group.topics) {
    for (auto& topic : into.topics) {
      if (topic.name != answered.name) continue;
      topic.partitions.insert(topic.partitions.end(), answered.partitions.begin(),
                              answered.partitions.end());
      break;
    }
  }
}

}  // namespace

void handle_offset_delete(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<offset_delete_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto group_id = decoded->group_id;
  auto answered = refuse_unknown(*session.services().metadata->get(), *decoded);
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  ask_coordinator<offset_delete_response>(
      session, group_id, std::move(*decoded),
      [slot, answered](const offset_delete_response& group) mutable {
        // An error of the whole request stands alone, as in Kafka.
        if (group.error_code != error_code::none) return slot->send(group);
        merge(answered, group);
        slot->send(answered);
      },
      [slot](error_code error) {
        offset_delete_response refused;
        refused.error_code = error;
        slot->send(refused);
      });
}

}  // namespace ottla
