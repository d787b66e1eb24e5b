// ottla why TOPIC[/PARTITION] | broker ID | group GROUP
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value_from.hpp>
#include <set>

#include "actors/group/java_string.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/explain.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "cli/partition_names.hpp"
#include "cli/remote_options.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

constexpr const char* offsets_topic_name = "__consumer_offsets";

struct why_options : remote_options {
  std::string subject;
  std::string name;
};

void print_explanation(const explanation& told) {
  print(fmt::format("{}: {}\n", told.subject, told.verdict));
  for (const auto& fact : told.facts) print(fmt::format("  - {}\n", fact));
  for (const auto& advice : told.advice) print(fmt::format("  > {}\n", advice));
}

outcome<void> show(const std::vector<explanation>& all, bool as_json) {
  json::array list;
  bool is_well = true;
  for (const auto& told : all) {
    is_well = is_well && told.is_well;
    if (!as_json) {
      print_explanation(told);
      continue;
    }
    list.push_back(json::object{{"subject", told.subject},
                                {"well", told.is_well},
                                {"verdict", told.verdict},
                                {"facts", json::value_from(told.facts)},
                                {"advice", json::value_from(told.advice)}});
  }
  if (as_json) print(to_json_text(list));
  if (is_well) return {};
  return fault{error_code::none, ""};  // All has been said; the exit code says it once more.
}

/// How far the brokers are that hold a replica of the topic; those that do not answer say nothing.
std::map<broker_id, replica_sizes> sizes_by_broker(admin_client& client,
                                                   const cluster_state& cluster,
                                                   const topic_state& topic) {
  std::set<broker_id> ids;
  for (const auto& partition : topic.partitions) {
    for (auto id : partition.replicas) {
      if (cluster.is_up(id)) ids.insert(id);
    }
  }
  std::map<broker_id, replica_sizes> sizes;
  for (auto id : ids) {
    if (auto disks = read_disks(client, id)) sizes[id] = std::move(disks->replicas);
  }
  return sizes;
}

std::vector<replica_fact> facts_of(const std::map<broker_id, replica_sizes>& sizes,
                                   const partition_state& partition) {
  std::vector<replica_fact> facts;
  for (auto id : partition.replicas) {
    replica_fact fact{.id = id};
    if (auto broker = sizes.find(id); broker != sizes.end()) {
      auto size = broker->second.find(partition.which);
      if (size != broker->second.end()) fact.bytes = size->second;
    }
    facts.push_back(fact);
  }
  return facts;
}

outcome<void> why_topic(admin_client& client, const partition_name& name, bool as_json) {
  auto cluster = read_cluster(client, std::vector{name.topic});
  if (!cluster) {
    bool is_other = name.topic == "broker" || name.topic == "group";
    if (is_other) cluster.error().message += fmt::format("; `ottla why {} NAME`?", name.topic);
    return std::move(cluster.error());
  }
  auto& topic = cluster->topics.front();
  OTTLA_TRY(add_eligible_replicas(client, topic));
  auto sizes = sizes_by_broker(client, *cluster, topic);
  std::vector<explanation> all;
  for (const auto& partition : topic.partitions) {
    if (name.partition && *name.partition != partition.which.partition) continue;
    all.push_back(explain_partition(*cluster, topic, partition, facts_of(sizes, partition)));
  }
  if (all.empty()) {
    return fault{error_code::unknown_topic_or_partition,
                 fmt::format("topic {} has no partition {}; it has {}", name.topic,
                             name.partition.value_or(0),
                             counted(std::ssize(topic.partitions), "partition"))};
  }
  return show(all, as_json);
}

outcome<void> why_broker(admin_client& client, broker_id id, bool as_json) {
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  add_draining(client, *cluster, std::chrono::seconds{1});
  std::optional<broker_disks> disks;
  if (cluster->is_up(id)) {
    if (auto found = read_disks(client, id)) disks = std::move(*found);
  }
  return show({explain_broker(*cluster, id, disks)}, as_json);
}

const partition_state* offsets_partition_of(const cluster_state& cluster,
                                            const std::string& group) {
  const auto* topic = cluster.find_topic(offsets_topic_name);
  if (topic == nullptr || topic->partitions.empty()) return nullptr;
  auto index = coordinator_partition(group, static_cast<int32_t>(topic->partitions.size()));
  return &topic->partitions[static_cast<size_t>(index)];
}

outcome<void> add_reading(admin_client& client, group_facts& group) {
  auto committed = committed_offsets(client, group.view.id);
  if (!committed) return std::move(committed.error());
  std::set<topic_partition> assigned;
  std::set<std::string> topics;
  for (const auto& member : group.view.members) {
    assigned.insert(member.assignment.begin(), member.assignment.end());
    for (const auto& which : member.assignment) topics.insert(which.topic);
  }
  for (const auto& [which, offset] : *committed) topics.insert(which.topic);
  if (topics.empty()) return {};
  auto ranges = ranges_of(client, {topics.begin(), topics.end()}, has_leader);
  if (!ranges) return {};  // A topic that is gone: the rest is still worth telling.
  for (const auto& [which, range] : *ranges) {
    auto offset = committed->find(which);
    bool has_offset = offset != committed->end();
    if (has_offset) group.lag += std::max<int64_t>(0, range.end - offset->second);
    if (!assigned.contains(which)) group.unassigned.push_back(which);
  }
  return {};
}

/// The partition that keeps a group's offsets is the reason why nobody coordinates it.
outcome<void> explain_missing_coordinator(const cluster_state& cluster, const std::string& group,
                                          const fault& why, bool as_json) {
  const auto* partition = offsets_partition_of(cluster, group);
  if (partition == nullptr || partition->leader >= 0) return why;
  const auto* topic = cluster.find_topic(offsets_topic_name);
  auto told = explain_partition(cluster, *topic, *partition, {});
  told.subject = "group " + group;
  told.verdict = fmt::format("nobody coordinates it: {}, which keeps its offsets, has no leader",
                             to_string(partition->which));
  return show({told}, as_json);
}

outcome<void> why_group(admin_client& client, const std::string& name, bool as_json) {
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  auto view = describe_group(client, name);
  if (!view) return explain_missing_coordinator(*cluster, name, view.error(), as_json);
  if (view->state == "Dead") {
    return fault{error_code::group_id_not_found, fmt::format("there is no group {}", name)};
  }
  group_facts group{.view = std::move(*view)};
  if (const auto* partition = offsets_partition_of(*cluster, name)) {
    group.offsets_partition = *partition;
  }
  OTTLA_TRY(add_reading(client, group));
  return show({explain_group(group)}, as_json);
}

int run(const why_options& options) {
  auto ask = [&](auto action) {
    return with_client(options, [&](admin_client& client) { return action(client); });
  };
  if (options.subject == "group" && !options.name.empty()) {
    return ask([&](auto& client) { return why_group(client, options.name, options.json); });
  }
  if (options.subject == "broker" && !options.name.empty()) {
    auto ids = parse_broker_ids(options.name);
    if (!ids || ids->size() != 1) {
      return report_usage(fmt::format("'{}' is no broker id", options.name));
    }
    return ask([&](auto& client) { return why_broker(client, ids->front(), options.json); });
  }
  if (!options.name.empty()) {
    return report_usage(fmt::format("'{} {}': name a topic, orders/3, broker ID or group NAME",
                                    options.subject, options.name));
  }
  auto name = parse_partition_name(options.subject);
  if (!name) return report_usage(name.error().message);
  return ask([&](auto& client) { return why_topic(client, *name, options.json); });
}

}  // namespace

command why_command() {
  auto options = std::make_shared<why_options>();
  command made{.name = "why",
               .summary = "Explain the state of a topic, a partition, a broker or a group",
               .description =
                   "Tells the chain of facts: who leads since which epoch, who is out of sync and "
                   "why, what an election or a rebalance waits for. The exit code is 0 where all "
                   "is well and 1 where it is not. A topic whose name is \"broker\" or \"group\" "
                   "is meant where no name follows."};
  made.arguments = {{"SUBJECT", &options->subject, "TOPIC, TOPIC/PARTITION, broker or group"},
                    {"NAME", &options->name, "The id of the broker, the name of the group", false}};
  add_remote_options(made, *options);
  made.examples = {"ottla why orders", "ottla why orders/3", "ottla why broker 2",
                   "ottla why group billing"};
  made.run = [options] { return run(*options); };
  return made;
}

}  // namespace ottla
