#include "cli/group_client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/group/consumer_subscription.hpp"
#include "protocol/messages/delete_groups.hpp"
#include "protocol/messages/offset_commit.hpp"
#include "protocol/messages/offset_fetch.hpp"

namespace ottla {
namespace {

/// Later versions name topics by id only.
constexpr api_version last_version_with_names = 9;

/// Asks the group's coordinator, again after it has moved. `code_of` finds the error in an answer.
template <class Request, class CodeOf>
outcome<typename Request::response> ask_coordinator(admin_client& client, const std::string& group,
                                                    const Request& request, CodeOf code_of) {
  return client.retry([&]() -> outcome<typename Request::response> {
    auto coordinator = client.coordinator(group);
    if (!coordinator) return std::move(coordinator.error());
    auto answer = client.call_broker(*coordinator, request, last_version_with_names);
    if (!answer) return answer;
    if (auto code = code_of(*answer); code != error_code::none) {
      return broker_fault(code, "group " + group);
    }
    return answer;
  });
}

group_view view_of(const describe_groups_response::described_group& group) {
  group_view view{.id = group.group_id,
                  .state = group.group_state,
                  .protocol = group.protocol_data,
                  .waits_for = group.error_message.value_or("")};
  for (const auto& member : group.members) {
    view.members.push_back(
        {member.member_id, member.group_instance_id, member.client_id, member.client_host,
         group.protocol_type == "consumer" ? assigned_partitions(member.member_assignment.view())
                                           : std::vector<topic_partition>{}});
  }
  return view;
}

}  // namespace

outcome<std::vector<listed_group>> list_groups(admin_client& client) {
  auto brokers = client.brokers();
  if (!brokers) return std::move(brokers.error());
  std::vector<listed_group> all;
  for (broker_id id : *brokers) {
    auto answer = client.retry([&]() -> outcome<list_groups_response> {
      auto listed = client.call_broker(id, list_groups_request{});
      if (listed && listed->error_code != error_code::none) {
        return broker_fault(listed->error_code, fmt::format("groups of broker {}", id));
      }
      return listed;
    });
    if (!answer) return std::move(answer.error());
    for (const auto& group : answer->groups) {
      all.push_back({group.group_id, group.group_state, group.group_type, group.protocol_type, id});
    }
  }
  std::ranges::sort(all, {}, &listed_group::id);
  return all;
}

outcome<group_view> describe_group(admin_client& client, const std::string& group) {
  describe_groups_request request{.groups = {group}};
  auto coordinator = client.coordinator(group);
  if (!coordinator) return std::move(coordinator.error());
  auto answer = ask_coordinator(client, group, request, [](const auto& response) {
    return response.groups.empty() ? error_code::group_id_not_found
                                   : response.groups.front().error_code;
  });
  if (!answer && answer.error().code == error_code::group_id_not_found) {
    return group_view{.id = group, .state = "Dead", .coordinator = *coordinator};
  }
  if (!answer) return std::move(answer.error());
  auto view = view_of(answer->groups.front());
  view.coordinator = *coordinator;
  return view;
}

outcome<partition_offsets> committed_offsets(admin_client& client, const std::string& group) {
  // Version 8 moves the group into a list; both forms are filled and the version picks one.
  offset_fetch_request request{
      .group_id = group, .topics = std::nullopt, .groups = {{.group_id = group, .topics = {}}}};
  auto answer = ask_coordinator(client, group, request, [](const auto& response) {
    return response.groups.empty() ? response.error_code : response.groups.front().error_code;
  });
  if (!answer) return std::move(answer.error());
  partition_offsets offsets;
  auto take = [&](const auto& topics) {
    for (const auto& topic : topics) {
      for (const auto& partition : topic.partitions) {
        if (partition.committed_offset < 0) continue;
        offsets[{topic.name, partition.partition_index}] = partition.committed_offset;
      }
    }
  };
  take(answer->topics);
  if (!answer->groups.empty()) take(answer->groups.front().topics);
  return offsets;
}

outcome<void> commit_offsets(admin_client& client, const std::string& group,
                             const partition_offsets& offsets) {
  offset_commit_request request{.group_id = group};
  for (const auto& [which, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != which.topic) {
      request.topics.push_back({.name = which.topic});
    }
    request.topics.back().partitions.push_back(
        {.partition_index = which.partition, .committed_offset = offset, .committed_metadata = ""});
  }
  std::string refused;
  auto answer = ask_coordinator(client, group, request, [&](const auto& response) {
    refused.clear();
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) {
        if (partition.error_code == error_code::none) continue;
        refused = fmt::format("{}-{}", topic.name, partition.partition_index);
        return partition.error_code;
      }
    }
    return error_code::none;
  });
  if (answer) return {};
  if (refused.empty()) return std::move(answer.error());
  return fault{answer.error().code,
               fmt::format("{} (refused for {}; other partitions may have been set)",
                           answer.error().message, refused)};
}

outcome<void> delete_group(admin_client& client, const std::string& group) {
  delete_groups_request request{.groups_names = {group}};
  auto answer = ask_coordinator(client, group, request, [](const auto& response) {
    return response.results.empty() ? error_code::unknown_server_error
                                    : response.results.front().error_code;
  });
  if (!answer) return std::move(answer.error());
  return {};
}

}  // namespace ottla
