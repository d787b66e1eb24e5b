#include "actors/handlers/offset_commit.hpp"

#include <utility>
#include <vector>

#include "actors/group/offset_requests.hpp"
#include "actors/handlers/group_access.hpp"
#include "protocol/messages/offset_commit.hpp"

namespace ottla {
namespace {

constexpr api_version first_with_topic_ids = 10;  // KIP-848

using topic_request = offset_commit_request::offset_commit_request_topic;
using topic_answer = offset_commit_response::offset_commit_response_topic;

// Splits a request into what exists, for the group, and answers for what does not.
class commit_split {
public:
  commit_split(const metadata_image& image, bool by_id) : image_(image), by_id_(by_id) {}

  void add(topic_request topic) {
    auto known = by_id_ ? image_.find_topic(topic.topic_id) : image_.find_topic(topic.name);
    if (!known) {
      const auto error =
          by_id_ ? error_code::unknown_topic_id : error_code::unknown_topic_or_partition;
      auto& answer = answer_for(topic);
      for (const auto& each : topic.partitions) {
        answer.partitions.push_back({each.partition_index, error});
      }
      return;
    }
    topic.name = known->name();
    topic.topic_id = known->id();
    auto& answer = answer_for(topic);
    auto& forwarded = existing.emplace_back();
    forwarded.name = topic.name;
    forwarded.topic_id = topic.topic_id;
    for (auto& each : topic.partitions) {
      if (known->find_partition(each.partition_index) == nullptr) {
        answer.partitions.push_back({each.partition_index, error_code::unknown_topic_or_partition});
      } else {
        forwarded.partitions.push_back(std::move(each));
      }
    }
    if (forwarded.partitions.empty()) existing.pop_back();
  }

  std::vector<topic_request> existing;
  offset_commit_response answered;

private:
  /// As in Kafka one for each topic, however often it is named.
  topic_answer& answer_for(const topic_request& topic) {
    for (auto& known : answered.topics) {
      if (known.name == topic.name && known.topic_id == topic.topic_id) return known;
    }
    auto& answer = answered.topics.emplace_back();
    answer.name = topic.name;
    answer.topic_id = topic.topic_id;
    return answer;
  }

  const metadata_image& image_;
  bool by_id_;
};

// Puts the group's answers beside those already there for the same topic.
void merge(offset_commit_response& into, const offset_commit_response& group) {
  for (const auto& answered : group.topics) {
    for (auto& topic : into.topics) {
      if (topic.topic_id != answered.topic_id || topic.name != answered.name) continue;
      topic.partitions.insert(topic.partitions.end(), answered.partitions.begin(),
                              answered.partitions.end());
      break;
    }
  }
}

}  // namespace

void handle_offset_commit(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<offset_commit_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto image = session.services().metadata->get();
  commit_split split{*image, version >= first_with_topic_ids};
  for (auto& topic : decoded->topics) split.add(std::move(topic));
  if (split.existing.empty()) return reply.send(split.answered);

  commit_offsets_call call{std::move(*decoded), version};
  call.request.topics = std::move(split.existing);
  const auto group_id = call.request.group_id;
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  auto finish = [slot, answered =
                           std::move(split.answered)](const offset_commit_response& group) mutable {
    merge(answered, group);
    slot->send(answered);
  };
  auto refused = [finish, request = call.request](error_code error) mutable {
    finish(refuse_commit(request, error));
  };
  ask_coordinator<offset_commit_response>(session, group_id, std::move(call), finish, refused);
}

}  // namespace ottla
