#include "actors/handlers/offset_fetch.hpp"

#include <algorithm>
#include <utility>

#include "actors/handlers/gather.hpp"
#include "actors/handlers/group_access.hpp"
#include "protocol/messages/offset_fetch.hpp"

namespace ottla {
namespace {

constexpr api_version first_with_group_error = 2;
constexpr api_version first_with_groups = 8;      // KIP-709
constexpr api_version first_with_topic_ids = 10;  // KIP-848

using group_request = offset_fetch_request::offset_fetch_request_group;
using group_answer = offset_fetch_response::offset_fetch_response_group;
using topic_answer = offset_fetch_response::offset_fetch_response_topics;

std::vector<group_request> groups_of(offset_fetch_request& request, api_version version) {
  if (version >= first_with_groups) return std::move(request.groups);
  group_request only;
  only.group_id = request.group_id;
  if (request.topics) {
    auto& topics = only.topics.emplace();
    for (auto& topic : *request.topics) {
      topics.push_back({std::move(topic.name), {}, std::move(topic.partition_indexes)});
    }
  }
  return {std::move(only)};
}

topic_answer without_offsets(const std::string& name, const uuid& id,
                             const std::vector<int32_t>& partitions, error_code error) {
  topic_answer answer{name, id, {}};
  for (auto partition : partitions) {
    answer.partitions.push_back({partition, -1, no_leader_epoch, "", error});
  }
  return answer;
}

// Version 1 has no place for an error of the group: each partition carries it.
group_answer refuse_group(const group_request& group, api_version version, error_code error) {
  group_answer answer;
  answer.group_id = group.group_id;
  if (version >= first_with_group_error) {
    answer.error_code = error;
  } else if (group.topics) {
    for (const auto& topic : *group.topics) {
      answer.topics.push_back(without_offsets(topic.name, {}, topic.partition_indexes, error));
    }
  }
  return answer;
}

// Names the topics that the request gives by id; unknown ones are answered at once.
std::vector<topic_answer> resolve_ids(const metadata_image& image, group_request& group) {
  std::vector<topic_answer> unknown;
  if (!group.topics) return unknown;
  std::erase_if(*group.topics, [&](auto& topic) {
    auto known = image.find_topic(topic.topic_id);
    if (known) {
      topic.name = known->name();
    } else {
      unknown.push_back(without_offsets({}, topic.topic_id, topic.partition_indexes,
                                        error_code::unknown_topic_id));
    }
    return !known;
  });
  return unknown;
}

// Gives the topics of a fetch of everything their ids; those without a topic cannot be told.
void add_ids(const metadata_image& image, group_answer& answer) {
  std::erase_if(answer.topics, [&](topic_answer& topic) {
    if (!topic.topic_id.is_zero()) return false;
    auto known = image.find_topic(topic.name);
    if (known) topic.topic_id = known->id();
    return !known;
  });
}

// The form of versions below 8: one group, at the top of the response.
void flatten(offset_fetch_response& response, api_version version) {
  if (version >= first_with_groups || response.groups.empty()) return;
  auto& only = response.groups.front();
  response.error_code = only.error_code;
  for (auto& topic : only.topics) {
    auto& flat = response.topics.emplace_back();
    flat.name = std::move(topic.name);
    for (auto& each : topic.partitions) {
      flat.partitions.push_back({each.partition_index, each.committed_offset,
                                 each.committed_leader_epoch, std::move(each.metadata),
                                 each.error_code});
    }
  }
  response.groups.clear();
}

}  // namespace

void handle_offset_fetch(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<offset_fetch_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto image = session.services().metadata->get();
  const bool by_id = version >= first_with_topic_ids;
  auto groups = groups_of(*decoded, version);
  auto progress = make_gather<offset_fetch_response>(std::move(reply), flatten);
  progress->response.groups.resize(groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    auto& group = groups[i];
    auto unknown = by_id ? resolve_ids(*image, group) : std::vector<topic_answer>{};
    const auto group_id = group.group_id;
    fetch_offsets_call call{std::move(group), decoded->require_stable};
    auto refused = [progress, i, version, asked = call.request](error_code error) {
      progress->response.groups[i] = refuse_group(asked, version, error);
    };
    ask_coordinator<fetched_offsets>(
        session, group_id, std::move(call),
        [progress, i, by_id, image, refused, unknown](fetched_offsets answer) {
          if (answer.error_code != error_code::none) return refused(answer.error_code);
          if (by_id) add_ids(*image, answer);
          answer.topics.insert(answer.topics.end(), unknown.begin(), unknown.end());
          progress->response.groups[i] = std::move(answer);
        },
        refused);
  }
}

}  // namespace ottla
