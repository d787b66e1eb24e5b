#include "actors/handlers/list_offsets.hpp"

#include <set>

#include "actors/handlers/gather.hpp"
#include "actors/handlers/partition_access.hpp"
#include "protocol/messages/list_offsets.hpp"

namespace ottla {
namespace {

using partition_answer = list_offsets_response::list_offsets_partition_response;

/// First versions that know the special timestamps.
bool knows_timestamp(api_version version, timestamp_ms timestamp) {
  switch (timestamp) {
    case offset_of_max_timestamp:
      return version >= 7;
    case offset_earliest_local:
      return version >= 8;
    case offset_latest_tiered:
      return version >= 9;
    case offset_earliest_pending_upload:
      return version >= 11;
    default:
      return timestamp >= offset_earliest;
  }
}

/// Before v5 clients know "ask again" by another name.
error_code error_for(api_version version, error_code error) {
  if (error == error_code::offset_not_available && version < 5) {
    return error_code::leader_not_available;
  }
  return error;
}

std::set<topic_partition> named_twice(const list_offsets_request& request) {
  std::set<topic_partition> seen;
  std::set<topic_partition> twice;
  for (const auto& topic : request.topics) {
    for (const auto& each : topic.partitions) {
      topic_partition which{topic.name, each.partition_index};
      if (!seen.insert(which).second) twice.insert(std::move(which));
    }
  }
  return twice;
}

}  // namespace

void handle_list_offsets(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<list_offsets_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto& wanted = *decoded;
  const auto twice = named_twice(wanted);
  const auto image = session.services().metadata->get();
  auto answers = make_gather<list_offsets_response>(std::move(reply));
  for (const auto& topic : wanted.topics) {
    auto& made = answers->response.topics.emplace_back();
    made.name = topic.name;
    for (const auto& each : topic.partitions) {
      made.partitions.emplace_back().partition_index = each.partition_index;
    }
  }
  for (size_t t = 0; t < wanted.topics.size(); ++t) {
    for (size_t p = 0; p < wanted.topics[t].partitions.size(); ++p) {
      const auto& asked = wanted.topics[t].partitions[p];
      auto fill = [answers, version, t, p](const offset_result& result) {
        auto& answer = answers->response.topics[t].partitions[p];
        answer.error_code = error_for(version, result.error);
        answer.timestamp = result.timestamp;
        answer.offset = result.offset;
        answer.leader_epoch = result.epoch;
      };
      const auto& name = wanted.topics[t].name;
      auto found = resolve(*image, {name, {}, asked.partition_index});
      if (twice.contains({name, asked.partition_index}))
        found.error = error_code::invalid_request;
      else if (!knows_timestamp(version, asked.timestamp))
        found.error = error_code::unsupported_version;
      if (found.error != error_code::none) {
        fill({.error = found.error});
        continue;
      }
      ask_partition<offset_result>(
          session, found.which,
          query_offset{.timestamp = asked.timestamp,
                       .isolation = wanted.isolation_level == 1 ? isolation_level::read_committed
                                                                : isolation_level::read_uncommitted,
                       .current_epoch = asked.current_leader_epoch},
          fill);
    }
  }
}

}  // namespace ottla
