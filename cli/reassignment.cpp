#include "cli/reassignment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <set>
#include <thread>

#include "cli/json.hpp"
#include "cli/output.hpp"
#include "protocol/messages/alter_partition_reassignments.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

fault malformed(std::string_view why) {
  return {error_code::invalid_request,
          fmt::format("{}; the form is {{\"version\":1,\"partitions\":[{{\"topic\":\"orders\","
                      "\"partition\":0,\"replicas\":[1,2,3]}}]}}",
                      why)};
}

/// A number that is no id becomes -1, which no list of ids may hold.
int32_t id_of(const json::value& value) {
  const auto* number = value.if_int64();
  return number && *number >= 0 && *number <= INT32_MAX ? static_cast<int32_t>(*number) : -1;
}

outcome<wanted_replicas> parse_partition(const json::value& value) {
  const auto* object = value.if_object();
  const auto* topic = object ? object->if_contains("topic") : nullptr;
  const auto* partition = object ? object->if_contains("partition") : nullptr;
  const auto* replicas = object ? object->if_contains("replicas") : nullptr;
  if (!topic || !topic->is_string() || !partition || id_of(*partition) < 0 || !replicas ||
      !replicas->is_array()) {
    return malformed("a partition needs a topic, a number and replicas");
  }
  wanted_replicas wanted{{std::string(topic->get_string()), id_of(*partition)},
                         std::vector<broker_id>{}};
  for (const auto& id : replicas->get_array()) wanted.replicas->push_back(id_of(id));
  std::set<broker_id> different(wanted.replicas->begin(), wanted.replicas->end());
  if (different.empty() || different.contains(-1) || different.size() != wanted.replicas->size()) {
    return malformed(to_string(wanted.which) +
                     ": the replicas are no list of different broker ids");
  }
  return wanted;
}

alter_partition_reassignments_request request_for(const std::vector<wanted_replicas>& wanted,
                                                  int32_t timeout_ms) {
  alter_partition_reassignments_request request{.timeout_ms = timeout_ms};
  for (const auto& each : wanted) {
    if (request.topics.empty() || request.topics.back().name != each.which.topic) {
      request.topics.push_back({.name = each.which.topic});
    }
    request.topics.back().partitions.push_back({each.which.partition, each.replicas});
  }
  return request;
}

/// Partitions are told in portions, so that no request and no answer of the controller gets long.
constexpr size_t portion_max = 500;

outcome<void> reassign_portion(admin_client& client, const std::vector<wanted_replicas>& wanted) {
  auto request = request_for(wanted, client.timeout_ms());
  auto answer = client.retry([&]() -> outcome<alter_partition_reassignments_response> {
    auto controller = client.controller();
    if (!controller) return std::move(controller.error());
    auto said = client.call_broker(*controller, request);
    if (said && said->error_code != error_code::none) {
      return broker_fault(said->error_code, "reassignment", said->error_message);
    }
    return said;
  });
  if (!answer) return std::move(answer.error());
  std::vector<fault> faults;
  for (const auto& topic : answer->responses) {
    for (const auto& result : topic.partitions) {
      bool is_fine = result.error_code == error_code::none ||
                     result.error_code == error_code::no_reassignment_in_progress;
      if (is_fine) continue;
      topic_partition which{topic.name, result.partition_index};
      faults.push_back(
          broker_fault(result.error_code, "partition " + to_string(which), result.error_message));
    }
  }
  return report_all(faults);
}

}  // namespace

outcome<std::vector<wanted_replicas>> parse_reassignment(std::string_view text) {
  boost::system::error_code error;
  auto parsed = json::parse({text.data(), text.size()}, error);
  if (error) return malformed("this is no JSON: " + error.message());
  const auto* object = parsed.if_object();
  const auto* version = object ? object->if_contains("version") : nullptr;
  const auto* partitions = object ? object->if_contains("partitions") : nullptr;
  if (version && id_of(*version) != 1) return malformed("only version 1 is known");
  if (!partitions || !partitions->is_array()) return malformed("there is no list of partitions");
  std::vector<wanted_replicas> all;
  std::set<topic_partition> seen;
  for (const auto& each : partitions->get_array()) {
    auto wanted = parse_partition(each);
    if (!wanted) return std::move(wanted.error());
    if (!seen.insert(wanted->which).second) {
      return malformed(to_string(wanted->which) + " is named twice");
    }
    all.push_back(std::move(*wanted));
  }
  if (all.empty()) return malformed("the list of partitions is empty");
  std::ranges::stable_sort(all, {}, &wanted_replicas::which);
  return all;
}

std::string reassignment_text(const std::vector<wanted_replicas>& wanted) {
  json::array partitions;
  for (const auto& each : wanted) {
    partitions.push_back(json::object{
        {"topic", each.which.topic},
        {"partition", each.which.partition},
        {"replicas", json::value_from(each.replicas.value_or(std::vector<broker_id>{}))}});
  }
  return json::serialize(json::object{{"version", 1}, {"partitions", std::move(partitions)}});
}

outcome<void> reassign(admin_client& client, const std::vector<wanted_replicas>& wanted) {
  std::optional<fault> first;
  for (size_t start = 0; start < wanted.size(); start += portion_max) {
    auto end = std::min(start + portion_max, wanted.size());
    auto told = reassign_portion(client, {wanted.begin() + static_cast<ptrdiff_t>(start),
                                          wanted.begin() + static_cast<ptrdiff_t>(end)});
    if (told) continue;
    // Words that were not said yet: nobody answered, and nobody will answer the next portion.
    if (!told.error().message.empty()) return told;
    if (!first) first = std::move(told.error());
  }
  return first ? outcome<void>(std::move(*first)) : outcome<void>{};
}

bool is_in_place(const cluster_state& cluster, const wanted_replicas& wanted) {
  const auto* topic = cluster.find_topic(wanted.which.topic);
  return topic && std::ranges::any_of(topic->partitions, [&](const partition_state& partition) {
           return partition.which == wanted.which && !partition.is_moving() &&
                  partition.replicas == wanted.replicas;
         });
}

outcome<move_progress> progress_of(admin_client& client, const std::vector<partition_name>& names) {
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  std::map<broker_id, replica_sizes> sizes;
  for (const auto& broker : cluster->brokers) {
    if (auto disks = read_disks(client, broker.id)) sizes[broker.id] = std::move(disks->replicas);
  }
  move_progress progress;
  for (const auto& topic : cluster->topics) {
    for (const auto& partition : topic.partitions) {
      if (!partition.is_moving() || !is_meant(names, partition.which)) continue;
      ++progress.partitions;
      auto whole = sizes[partition.leader][partition.which];
      for (auto id : partition.adding) {
        progress.bytes_to_copy += whole;
        progress.bytes_copied +=
            partition.is_in_sync(id) ? whole : std::min(whole, sizes[id][partition.which]);
      }
    }
  }
  return progress;
}

outcome<void> wait_for_moves(const connection_options& options,
                             const std::vector<partition_name>& names,
                             const std::function<void(const move_progress&)>& seen) {
  constexpr std::chrono::seconds pause{1};
  constexpr int silent_rounds_max = 60;
  int silent_rounds = 0;
  for (;;) {
    auto client = admin_client::connect(options);
    auto now =
        client ? progress_of(**client, names) : outcome<move_progress>(std::move(client.error()));
    if (!now && ++silent_rounds > silent_rounds_max) return std::move(now.error());
    if (now) {
      silent_rounds = 0;
      seen(*now);
      if (now->partitions == 0) return {};
    }
    std::this_thread::sleep_for(pause);
  }
}

std::string to_text(const move_progress& progress) {
  if (progress.partitions == 0) return "no partition is being moved";
  return fmt::format("{} {} being moved, {} of {} copied",
                     counted(static_cast<int64_t>(progress.partitions), "partition"),
                     progress.partitions == 1 ? "is" : "are", readable_bytes(progress.bytes_copied),
                     readable_bytes(progress.bytes_to_copy));
}

}  // namespace ottla
