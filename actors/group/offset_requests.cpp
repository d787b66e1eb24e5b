#include "actors/group/offset_requests.hpp"

#include <utility>

#include "actors/group/java_string.hpp"

namespace ottla {

namespace {

using commit_partition = offset_commit_request::offset_commit_request_partition;
using fetched_topic = offset_fetch_response::offset_fetch_response_topics;
using fetched_partition = offset_fetch_response::offset_fetch_response_partitions;

bool too_long(const commit_partition& partition, const group_options& options) {
  const auto limit = static_cast<size_t>(options.offset_metadata_max_bytes);
  return partition.committed_metadata && java_length(*partition.committed_metadata) > limit;
}

stored_offset to_store(const offset_commit_request& request, const uuid& topic_id,
                       const commit_partition& partition, timestamp_ms now) {
  stored_offset offset;
  offset.offset = partition.committed_offset;
  offset.epoch =
      partition.committed_leader_epoch < 0 ? no_leader_epoch : partition.committed_leader_epoch;
  offset.metadata = partition.committed_metadata.value_or("");
  offset.committed_at = now;
  offset.topic_id = topic_id;
  // Only versions 2 to 4 can ask for a retention of their own; -1 means the group's.
  if (request.retention_time_ms != -1) offset.expires_at = now + request.retention_time_ms;
  return offset;
}

fetched_partition nothing_committed(partition_index partition, error_code error) {
  return {partition, -1, no_leader_epoch, "", error};
}

fetched_partition fetch_one(const committed_offsets& offsets, const std::string& topic,
                            const uuid& topic_id, partition_index partition, bool require_stable) {
  if (require_stable && offsets.is_unstable(topic, partition)) {
    return nothing_committed(partition, error_code::unstable_offset_commit);
  }
  const auto* known = offsets.find(topic, partition);
  // An offset of an earlier topic of the same name means nothing for this one.
  const bool other_topic = known != nullptr && !known->topic_id.is_zero() && !topic_id.is_zero() &&
                           known->topic_id != topic_id;
  if (known == nullptr || other_topic) return nothing_committed(partition, error_code::none);
  return {partition, known->offset, known->epoch, known->metadata, error_code::none};
}

}  // namespace

commit_plan plan_commit(const offset_commit_request& request, const group_options& options,
                        timestamp_ms now) {
  commit_plan plan;
  for (const auto& topic : request.topics) {
    auto& answer = plan.response.topics.emplace_back();
    answer.name = topic.name;
    answer.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      const bool refused = too_long(partition, options);
      answer.partitions.push_back(
          {partition.partition_index,
           refused ? error_code::offset_metadata_too_large : error_code::none});
      if (refused) continue;
      plan.offsets.emplace_back(
          offset_record_key{request.group_id, topic.name, partition.partition_index},
          to_store(request, topic.topic_id, partition, now));
    }
  }
  return plan;
}

offset_commit_response refuse_commit(const offset_commit_request& request, error_code error) {
  offset_commit_response response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    answer.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      answer.partitions.push_back({partition.partition_index, error});
    }
  }
  return response;
}

offset_fetch_response::offset_fetch_response_group fetch_committed(
    const committed_offsets& offsets,
    const offset_fetch_request::offset_fetch_request_group& wanted, bool require_stable) {
  offset_fetch_response::offset_fetch_response_group answer;
  answer.group_id = wanted.group_id;
  if (wanted.topics) {
    for (const auto& topic : *wanted.topics) {
      fetched_topic fetched{topic.name, topic.topic_id, {}};
      for (auto partition : topic.partition_indexes) {
        fetched.partitions.push_back(
            fetch_one(offsets, topic.name, topic.topic_id, partition, require_stable));
      }
      answer.topics.push_back(std::move(fetched));
    }
    return answer;
  }
  for (const auto& [topic, partitions] : offsets.topics()) {
    fetched_topic fetched{topic, {}, {}};
    for (const auto& [partition, _] : partitions) {
      fetched.partitions.push_back(fetch_one(offsets, topic, {}, partition, require_stable));
    }
    answer.topics.push_back(std::move(fetched));
  }
  return answer;
}

offset_delete_plan plan_offset_delete(const group_state& group, const committed_offsets& offsets,
                                      const offset_delete_request& request) {
  offset_delete_plan plan;
  if (group.phase() == group_phase::dead) {
    plan.response.error_code = error_code::group_id_not_found;
    return plan;
  }
  if (group.phase() != group_phase::empty && !group.uses_consumer_protocol()) {
    plan.response.error_code = error_code::non_empty_group;
    return plan;
  }
  for (const auto& topic : request.topics) {
    const bool in_use = group.is_subscribed_to(topic.name);
    auto& answer = plan.response.topics.emplace_back();
    answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const auto index = partition.partition_index;
      answer.partitions.push_back(
          {index, in_use ? error_code::group_subscribed_to_topic : error_code::none});
      const bool known =
          offsets.find(topic.name, index) != nullptr || offsets.is_unstable(topic.name, index);
      if (!in_use && known) plan.offsets.push_back({topic.name, index});
    }
  }
  return plan;
}

std::vector<topic_partition> expired_offsets(const group_state& group,
                                             const committed_offsets& offsets,
                                             const group_options& options, timestamp_ms now) {
  const bool simple = !group.protocol_type().has_value();
  const bool empty = group.phase() == group_phase::empty;
  const bool knows_topics = group.phase() == group_phase::stable && group.topics().has_value();
  if (!simple && !empty && !knows_topics) return {};
  // A group that had members keeps its offsets from the moment the last one went.
  const auto emptied_at = !simple && empty ? group.state_changed_at() : no_timestamp;
  return offsets.select([&](const std::string& topic, const stored_offset& offset) {
    if (group.is_subscribed_to(topic)) return false;
    if (offset.expires_at != no_timestamp) return now >= offset.expires_at;
    const auto since = emptied_at == no_timestamp ? offset.committed_at : emptied_at;
    return now - since >= options.offsets_retention_ms;
  });
}

error_code check_delete(const group_state& group) {
  if (group.phase() == group_phase::dead) return error_code::group_id_not_found;
  return group.phase() == group_phase::empty ? error_code::none : error_code::non_empty_group;
}

}  // namespace ottla
