// ottla topic create|list|describe|alter|delete
#include <fmt/format.h>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <optional>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/list_offsets.hpp"
#include "cli/output.hpp"
#include "cli/remote_configs.hpp"
#include "cli/remote_options.hpp"
#include "protocol/messages/create_partitions.hpp"
#include "protocol/messages/create_topics.hpp"
#include "protocol/messages/delete_topics.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

using metadata_topic = metadata_response::metadata_response_topic;
using metadata_partition = metadata_response::metadata_response_partition;

constexpr const char* no_topics = "there are no topics; `ottla topic create NAME` makes one";

struct topic_options : remote_options {
  std::vector<std::string> names;
  std::optional<int64_t> partitions;
  std::optional<int64_t> replication_factor;
  std::vector<std::string> configs;
  std::vector<std::string> deleted_configs;
  bool if_not_exists = false;
  bool if_exists = false;
  bool dry_run = false;
  bool internal = false;
  bool offsets = false;
};

std::vector<config_edit> edits_of(const topic_options& options) {
  std::vector<config_edit> edits;
  for (const auto& text : options.configs) edits.push_back({edit_kind::set, text});
  for (const auto& key : options.deleted_configs) edits.push_back({edit_kind::remove, key});
  return edits;
}

/// Empty if the options can be meant.
std::string wrong_options(const topic_options& options) {
  auto is_outside = [](const std::optional<int64_t>& number, int64_t most) {
    return number && (*number < 1 || *number > most);
  };
  if (is_outside(options.partitions, INT32_MAX)) {
    return fmt::format("--partitions {}: must be 1 to {}", *options.partitions, INT32_MAX);
  }
  if (is_outside(options.replication_factor, INT16_MAX)) {
    return fmt::format("--replication-factor {}: must be 1 to {}", *options.replication_factor,
                       INT16_MAX);
  }
  if (auto wrong = wrong_pairs("--config", options.configs); !wrong.empty()) return wrong;
  auto edits = joined(edits_of(options));
  return edits ? "" : edits.error().message;
}

create_topics_request creation_request(const topic_options& options) {
  create_topics_request request{.timeout_ms = options.timeout_ms(),
                                .validate_only = options.dry_run};
  for (const auto& name : options.names) {
    create_topics_request::creatable_topic topic{
        .name = name,
        .num_partitions = static_cast<int32_t>(options.partitions.value_or(-1)),
        .replication_factor = static_cast<int16_t>(options.replication_factor.value_or(-1))};
    for (const auto& text : options.configs) {
      auto [key, value] = split_key_value(text);
      topic.configs.push_back({key, value});
    }
    request.topics.push_back(std::move(topic));
  }
  return request;
}

outcome<create_topics_response> send_creation(admin_client& client,
                                              const create_topics_request& request) {
  return client.retry([&]() -> outcome<create_topics_response> {
    auto controller = client.controller();
    if (!controller) return std::move(controller.error());
    auto answer = client.call_broker(*controller, request);
    if (!answer) return answer;
    for (const auto& topic : answer->topics) {
      if (topic.error_code == error_code::not_controller) {
        return broker_fault(topic.error_code, "topic " + topic.name);
      }
    }
    return answer;
  });
}

outcome<void> create_topics(admin_client& client, const topic_options& options) {
  auto answer = send_creation(client, creation_request(options));
  if (!answer) return std::move(answer.error());
  std::vector<fault> faults;
  json::array created;
  for (const auto& topic : answer->topics) {
    bool is_there = topic.error_code == error_code::topic_already_exists;
    if (is_there && options.if_not_exists) continue;
    if (topic.error_code != error_code::none) {
      faults.push_back(broker_fault(topic.error_code, "topic " + topic.name, topic.error_message));
      continue;
    }
    json::value id = nullptr;
    if (!options.dry_run) id = topic.topic_id.to_string();
    created.push_back(json::object{{"topic", topic.name},
                                   {"id", std::move(id)},
                                   {"partitions", topic.num_partitions},
                                   {"replication_factor", topic.replication_factor},
                                   {"dry_run", options.dry_run}});
    if (options.json) continue;
    print(fmt::format("{} topic {} with {}, replication factor {}\n",
                      options.dry_run ? "Would create" : "Created", topic.name,
                      counted(topic.num_partitions, "partition"), topic.replication_factor));
  }
  if (options.json) print(to_json_text(created));
  return report_all(faults);
}

outcome<void> list_topics(admin_client& client, const topic_options& options) {
  auto cluster = client.metadata(std::nullopt);
  if (!cluster) return std::move(cluster.error());
  std::ranges::sort(cluster->topics, {}, &metadata_topic::name);
  text_table table({{"TOPIC"}, {"PARTITIONS", alignment::right}, {"REPLICAS", alignment::right}});
  json::array list;
  for (const auto& topic : cluster->topics) {
    if (topic.is_internal && !options.internal) continue;
    auto replicas = topic.partitions.empty() ? 0 : topic.partitions.front().replica_nodes.size();
    table.add({topic.name.value_or(""), std::to_string(topic.partitions.size()),
               std::to_string(replicas)});
    list.push_back(json::object{{"topic", topic.name.value_or("")},
                                {"id", topic.topic_id.to_string()},
                                {"partitions", topic.partitions.size()},
                                {"replication_factor", replicas},
                                {"internal", topic.is_internal}});
  }
  if (options.json) {
    print(to_json_text(list));
  } else if (table.empty()) {
    report(no_topics);
  } else {
    print(table.to_text());
  }
  return {};
}

std::string id_list(const std::vector<int32_t>& ids) {
  return ids.empty() ? "-" : fmt::format("{}", fmt::join(ids, ","));
}

std::string leader_text(const metadata_partition& partition) {
  return partition.leader_id < 0 ? "none" : std::to_string(partition.leader_id);
}

/// Nothing where nobody leads the partition.
std::optional<offset_range> range_in(const partition_ranges& ranges, const metadata_topic& topic,
                                     const metadata_partition& partition) {
  auto at = ranges.find({*topic.name, partition.partition_index});
  return at == ranges.end() ? std::nullopt : std::optional(at->second);
}

text_table partition_table(const metadata_topic& topic, const partition_ranges* ranges) {
  std::vector<text_table::column> columns = {{"PARTITION", alignment::right},
                                             {"LEADER", alignment::right},
                                             {"EPOCH", alignment::right},
                                             {"REPLICAS"},
                                             {"IN SYNC"}};
  if (ranges) {
    for (const char* title : {"FIRST OFFSET", "END OFFSET", "RECORDS"}) {
      columns.push_back({title, alignment::right});
    }
  }
  text_table table(std::move(columns));
  for (const auto& partition : topic.partitions) {
    std::vector<std::string> cells = {
        std::to_string(partition.partition_index), leader_text(partition),
        std::to_string(partition.leader_epoch), id_list(partition.replica_nodes),
        id_list(partition.isr_nodes)};
    if (ranges) {
      auto range = range_in(*ranges, topic, partition);
      cells.push_back(range ? with_separators(range->first) : "-");
      cells.push_back(range ? with_separators(range->end) : "-");
      cells.push_back(range ? with_separators(range->end - range->first) : "-");
    }
    table.add(std::move(cells));
  }
  return table;
}

json::value topic_json(const metadata_topic& topic, const std::vector<topic_override>& configs,
                       const partition_ranges* ranges) {
  json::array partitions;
  for (const auto& partition : topic.partitions) {
    json::object entry{{"partition", partition.partition_index},
                       {"leader", partition.leader_id},
                       {"leader_epoch", partition.leader_epoch},
                       {"replicas", json::value_from(partition.replica_nodes)},
                       {"in_sync", json::value_from(partition.isr_nodes)},
                       {"offline", json::value_from(partition.offline_replicas)}};
    if (ranges) {
      auto range = range_in(*ranges, topic, partition);
      entry["first_offset"] = range ? json::value(range->first) : nullptr;
      entry["end_offset"] = range ? json::value(range->end) : nullptr;
    }
    partitions.push_back(std::move(entry));
  }
  json::object overrides;
  for (const auto& config : configs) overrides[config.name] = json_or_null(config.value);
  return json::object{{"topic", *topic.name},
                      {"id", topic.topic_id.to_string()},
                      {"internal", topic.is_internal},
                      {"configs", std::move(overrides)},
                      {"partitions", std::move(partitions)}};
}

void print_topic(const metadata_topic& topic, const std::vector<topic_override>& configs,
                 const partition_ranges* ranges) {
  print(fmt::format("Topic {}  id {}{}\n", *topic.name, topic.topic_id.to_string(),
                    topic.is_internal ? "  internal" : ""));
  std::string text;
  for (const auto& config : configs) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", config.name,
                        config.value.value_or("(hidden)"));
  }
  print(fmt::format("Configs: {}\n", text.empty() ? "all inherited" : text));
  print(partition_table(topic, ranges).to_text());
}

outcome<void> describe_topics(admin_client& client, const topic_options& options) {
  auto wanted = options.names.empty() ? std::nullopt : std::optional(options.names);
  auto cluster = client.metadata(wanted);
  if (!cluster) return std::move(cluster.error());
  std::ranges::sort(cluster->topics, {}, &metadata_topic::name);
  std::vector<fault> faults;
  json::array list;
  bool has_printed = false;
  for (auto& topic : cluster->topics) {
    if (topic.error_code != error_code::none) {
      faults.push_back(broker_fault(topic.error_code, "topic " + topic.name.value_or("")));
      continue;
    }
    if (topic.is_internal && !wanted && !options.internal) continue;
    std::ranges::sort(topic.partitions, {}, &metadata_partition::partition_index);
    auto configs = topic_overrides(client, *topic.name);
    if (!configs) return std::move(configs.error());
    partition_ranges ranges;
    if (options.offsets) {
      auto found = ranges_of(client, {*topic.name}, has_leader);
      if (!found) return std::move(found.error());
      ranges = std::move(*found);
    }
    const auto* shown = options.offsets ? &ranges : nullptr;
    if (options.json) {
      list.push_back(topic_json(topic, *configs, shown));
    } else {
      if (has_printed) print("\n");
      has_printed = true;
      print_topic(topic, *configs, shown);
    }
  }
  if (options.json) {
    print(to_json_text(list));
  } else if (!has_printed && faults.empty()) {
    report(no_topics);
  }
  return report_all(faults);
}

/// One thing that was done to a topic, or would be.
struct topic_change {
  std::string topic;
  std::optional<int64_t> partitions;
  std::optional<size_t> changed_configs;
};

outcome<void> add_partitions(admin_client& client, const topic_options& options, bool dry_run,
                             std::vector<topic_change>& changes) {
  if (!options.partitions) return {};
  create_partitions_request request{.timeout_ms = client.timeout_ms(), .validate_only = dry_run};
  for (const auto& name : options.names) {
    request.topics.push_back({.name = name, .count = static_cast<int32_t>(*options.partitions)});
  }
  auto answer = client.retry([&]() -> outcome<create_partitions_response> {
    auto controller = client.controller();
    if (!controller) return std::move(controller.error());
    return client.call_broker(*controller, request);
  });
  if (!answer) return std::move(answer.error());
  std::vector<fault> faults;
  for (const auto& result : answer->results) {
    if (result.error_code != error_code::none) {
      faults.push_back(
          broker_fault(result.error_code, "topic " + result.name, result.error_message));
    } else {
      changes.push_back({.topic = result.name, .partitions = options.partitions});
    }
  }
  return report_all(faults);
}

outcome<void> change_configs(admin_client& client, const topic_options& options, bool dry_run,
                             std::vector<topic_change>& changes) {
  const auto edits = edits_of(options);
  if (edits.empty()) return {};
  for (const auto& name : options.names) {
    OTTLA_TRY(alter_configs(client, topic_resource, name, edits, dry_run));
    changes.push_back({.topic = name, .changed_configs = edits.size()});
  }
  return {};
}

outcome<void> change_topics(admin_client& client, const topic_options& options, bool dry_run,
                            std::vector<topic_change>& changes) {
  OTTLA_TRY(add_partitions(client, options, dry_run, changes));
  return change_configs(client, options, dry_run, changes);
}

void print_changes(const std::vector<topic_change>& changes, const topic_options& options) {
  json::array list;
  for (const auto& [topic, partitions, changed_configs] : changes) {
    json::object entry{{"topic", topic}};
    if (partitions) entry["partitions"] = *partitions;
    if (changed_configs) entry["changed_configs"] = *changed_configs;
    entry["dry_run"] = options.dry_run;
    list.push_back(std::move(entry));
    if (options.json) continue;
    if (partitions) {
      print(fmt::format("Topic {} {} {}\n", topic, options.dry_run ? "would have" : "has",
                        counted(*partitions, "partition")));
    } else {
      print(fmt::format("{} the configuration of topic {}\n",
                        options.dry_run ? "Would change" : "Changed", topic));
    }
  }
  if (options.json) print(to_json_text(list));
}

/// Partitions and configs are changed by several requests, so all of them are checked before the
/// first: a mistake in one leaves everything as it was.
outcome<void> alter_topics(admin_client& client, const topic_options& options) {
  std::vector<topic_change> changes;
  auto done = change_topics(client, options, true, changes);
  if (!done || !options.dry_run) changes.clear();
  if (done && !options.dry_run) done = change_topics(client, options, false, changes);
  print_changes(changes, options);
  return done;
}

outcome<void> delete_topics(admin_client& client, const topic_options& options) {
  delete_topics_request request{.topic_names = options.names, .timeout_ms = client.timeout_ms()};
  for (const auto& name : options.names) request.topics.push_back({.name = name});
  auto answer = client.retry([&]() -> outcome<delete_topics_response> {
    auto controller = client.controller();
    if (!controller) return std::move(controller.error());
    return client.call_broker(*controller, request);
  });
  if (!answer) return std::move(answer.error());
  std::vector<fault> faults;
  json::array deleted;
  for (const auto& result : answer->responses) {
    auto name = result.name.value_or("");
    bool is_gone = result.error_code == error_code::unknown_topic_or_partition;
    if (is_gone && options.if_exists) continue;
    if (result.error_code != error_code::none) {
      faults.push_back(broker_fault(result.error_code, "topic " + name, result.error_message));
      continue;
    }
    deleted.push_back(json::object{{"topic", name}, {"id", result.topic_id.to_string()}});
    if (!options.json) print(fmt::format("Deleted topic {}\n", name));
  }
  if (options.json) print(to_json_text(deleted));
  return report_all(faults);
}

using topic_action = outcome<void> (*)(admin_client&, const topic_options&);

/// A subcommand whose options live as long as it does.
command make(std::string name, std::string summary, topic_action action,
             const std::function<void(command&, topic_options&)>& fill) {
  auto options = std::make_shared<topic_options>();
  command made{.name = std::move(name), .summary = std::move(summary)};
  fill(made, *options);
  add_remote_options(made, *options);
  made.run = [options, action, is_alter = made.name == "alter"] {
    if (auto wrong = wrong_options(*options); !wrong.empty()) return report_usage(wrong);
    bool changes =
        options->partitions || !options->configs.empty() || !options->deleted_configs.empty();
    if (is_alter && !changes) {
      return report_usage("nothing to change; use --partitions, --config or --delete-config");
    }
    return with_client(*options, [&](admin_client& client) { return action(client, *options); });
  };
  return made;
}

command create_command() {
  return make("create", "Create topics", create_topics, [](command& c, topic_options& o) {
    c.arguments = {{"TOPIC...", &o.names, "Names of the new topics"}};
    c.options = {
        {"-p,--partitions", &o.partitions, "N", "Partitions [the broker's num.partitions]"},
        {"-r,--replication-factor", &o.replication_factor, "N",
         "Replicas [the broker's default.replication.factor]"},
        {"-c,--config", &o.configs, "KEY=VALUE", "A value of the topic's own; may be repeated"},
        {"--if-not-exists", &o.if_not_exists, "", "Do not fail for a topic that exists"},
        {"--dry-run", &o.dry_run, "", "Check everything, create nothing"}};
    c.examples = {"ottla topic create orders --partitions 6",
                  "ottla topic create users -p 3 --config cleanup.policy=compact",
                  "ottla topic create events --config retention.ms=86400000 --if-not-exists"};
  });
}

command list_command() {
  return make("list", "List topics", list_topics, [](command& c, topic_options& o) {
    c.options = {{"--internal", &o.internal, "", "Also the cluster's own topics"}};
    c.examples = {"ottla topic list", "ottla topic list --json | jq -r '.[].topic'"};
  });
}

command describe_command() {
  return make("describe", "Show partitions, leaders, replicas and configs", describe_topics,
              [](command& c, topic_options& o) {
                c.arguments = {{"TOPIC...", &o.names, "Topics [all]", false}};
                c.options = {{"--offsets", &o.offsets, "", "Also the offsets that are there"},
                             {"--internal", &o.internal, "", "Also the cluster's own topics"}};
                c.examples = {"ottla topic describe orders", "ottla topic describe --offsets"};
              });
}

command alter_command() {
  return make(
      "alter", "Add partitions, change configs", alter_topics, [](command& c, topic_options& o) {
        c.description = "Checks everything before it changes anything.";
        c.arguments = {{"TOPIC...", &o.names, "Topics to change"}};
        c.options = {
            {"-p,--partitions", &o.partitions, "N", "The new number of partitions, more than now"},
            {"-c,--config", &o.configs, "KEY=VALUE", "Set a value; may be repeated"},
            {"--delete-config", &o.deleted_configs, "KEY",
             "Go back to the inherited value; may be repeated"},
            {"--dry-run", &o.dry_run, "", "Check everything, change nothing"}};
        c.examples = {"ottla topic alter orders --partitions 12",
                      "ottla topic alter orders --config retention.ms=3600000"};
      });
}

command delete_command() {
  return make("delete", "Delete topics and their records", delete_topics,
              [](command& c, topic_options& o) {
                c.arguments = {{"TOPIC...", &o.names, "Topics to delete"}};
                c.options = {
                    {"--if-exists", &o.if_exists, "", "Do not fail for a topic that is not there"}};
                c.examples = {"ottla topic delete orders"};
              });
}

}  // namespace

command topic_command() {
  return {.name = "topic",
          .summary = "Create, list, describe, alter and delete topics",
          .subcommands = {create_command(), list_command(), describe_command(), alter_command(),
                          delete_command()}};
}

}  // namespace ottla
