// ottla group list|describe|reset|delete
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/group_client.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "cli/partition_names.hpp"
#include "cli/remote_options.hpp"
#include "cli/reset_plan.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

struct group_options : remote_options {
  std::vector<std::string> groups;
  std::string group;
  std::vector<std::string> topics;
  std::optional<std::string> to;
  std::optional<int64_t> shift;
  bool members = false;
  bool yes = false;
  bool dry_run = false;
};

outcome<void> list(admin_client& client, const group_options& options) {
  auto groups = list_groups(client);
  if (!groups) return std::move(groups.error());
  text_table table(
      {{"GROUP"}, {"STATE"}, {"TYPE"}, {"PROTOCOL"}, {"COORDINATOR", alignment::right}});
  json::array all;
  for (const auto& group : *groups) {
    table.add({group.id, group.state, group.type.empty() ? "-" : group.type,
               group.protocol_type.empty() ? "-" : group.protocol_type,
               std::to_string(group.coordinator)});
    all.push_back(json::object{{"group", group.id},
                               {"state", group.state},
                               {"type", group.type},
                               {"protocol_type", group.protocol_type},
                               {"coordinator", group.coordinator}});
  }
  if (options.json) {
    print(to_json_text(all));
  } else if (table.empty()) {
    report("there are no groups");
  } else {
    print(table.to_text());
  }
  return {};
}

std::vector<std::string> topics_of(const group_view& group, const partition_offsets& committed) {
  std::set<std::string> topics;
  for (const auto& [which, offset] : committed) topics.insert(which.topic);
  for (const auto& member : group.members) {
    for (const auto& which : member.assignment) topics.insert(which.topic);
  }
  return {topics.begin(), topics.end()};
}

/// A partition that the group reads or has read.
struct group_partition {
  topic_partition which;
  std::optional<log_offset> committed;
  std::optional<offset_range> range;  ///< Nothing for a topic that is gone, or without a leader.
  const described_member* member = nullptr;

  [[nodiscard]] std::optional<int64_t> lag() const {
    if (!committed || !range) return std::nullopt;
    return std::max<int64_t>(0, range->end - *committed);
  }
};

std::vector<group_partition> partitions_of(const group_view& group,
                                           const partition_offsets& committed,
                                           const partition_ranges& ranges) {
  std::map<topic_partition, group_partition> all;
  for (const auto& [which, offset] : committed) all[which].committed = offset;
  for (const auto& member : group.members) {
    for (const auto& which : member.assignment) all[which].member = &member;
  }
  std::vector<group_partition> list;
  for (auto& [which, partition] : all) {
    partition.which = which;
    if (auto at = ranges.find(which); at != ranges.end()) partition.range = at->second;
    list.push_back(partition);
  }
  return list;
}

/// Ranges of the topics that still exist.
outcome<partition_ranges> ranges_of_existing(admin_client& client,
                                             const std::vector<std::string>& topics,
                                             const partition_filter& filter) {
  partition_ranges all;
  for (const auto& topic : topics) {
    auto ranges = ranges_of(client, {topic}, filter);
    if (!ranges && ranges.error().code == error_code::unknown_topic_or_partition) continue;
    if (!ranges) return ranges;
    all.merge(*ranges);
  }
  return all;
}

std::string number_or_dash(const std::optional<int64_t>& number) {
  return number ? with_separators(*number) : "-";
}

json::value group_json(const group_view& group, const std::vector<group_partition>& partitions) {
  json::array members;
  for (const auto& member : group.members) {
    json::array assignment;
    for (const auto& which : member.assignment) {
      assignment.push_back(json::object{{"topic", which.topic}, {"partition", which.partition}});
    }
    members.push_back(json::object{{"member", member.id},
                                   {"instance", json_or_null(member.instance_id)},
                                   {"client", member.client_id},
                                   {"host", member.host},
                                   {"assignment", std::move(assignment)}});
  }
  json::array list;
  for (const auto& partition : partitions) {
    auto end = partition.range ? std::optional(partition.range->end) : std::nullopt;
    auto member = partition.member ? std::optional(partition.member->id) : std::nullopt;
    list.push_back(json::object{{"topic", partition.which.topic},
                                {"partition", partition.which.partition},
                                {"committed", json_or_null(partition.committed)},
                                {"end", json_or_null(end)},
                                {"lag", json_or_null(partition.lag())},
                                {"member", json_or_null(member)}});
  }
  return json::object{{"group", group.id},
                      {"state", group.state},
                      {"protocol", group.protocol},
                      {"coordinator", group.coordinator},
                      {"members", std::move(members)},
                      {"partitions", std::move(list)}};
}

void print_members(const group_view& group) {
  text_table table({{"MEMBER"}, {"CLIENT"}, {"HOST"}, {"INSTANCE"}, {"PARTITIONS"}});
  for (const auto& member : group.members) {
    std::string assigned;
    for (const auto& which : member.assignment) {
      assigned += (assigned.empty() ? "" : " ") + to_string(which);
    }
    table.add({member.id, member.client_id, member.host, member.instance_id.value_or("-"),
               assigned.empty() ? "-" : assigned});
  }
  print(table.to_text());
}

void print_group(const group_view& group, const std::vector<group_partition>& partitions,
                 bool with_members) {
  int64_t lag = 0;
  for (const auto& partition : partitions) lag += partition.lag().value_or(0);
  print(fmt::format("Group {}: {}, {}, assignor {}, coordinator {}, lag {}\n", group.id,
                    group.state, counted(std::ssize(group.members), "member"),
                    group.protocol.empty() ? "none" : group.protocol, group.coordinator,
                    with_separators(lag)));
  if (with_members && !group.members.empty()) {
    print("\n");
    print_members(group);
  }
  text_table table({{"TOPIC"},
                    {"PARTITION", alignment::right},
                    {"COMMITTED", alignment::right},
                    {"END", alignment::right},
                    {"LAG", alignment::right},
                    {"CLIENT"},
                    {"HOST"}});
  for (const auto& partition : partitions) {
    auto end = partition.range ? std::optional(partition.range->end) : std::nullopt;
    table.add({partition.which.topic, std::to_string(partition.which.partition),
               number_or_dash(partition.committed), number_or_dash(end),
               number_or_dash(partition.lag()),
               partition.member ? partition.member->client_id : "-",
               partition.member ? partition.member->host : "-"});
  }
  if (!table.empty()) print("\n" + table.to_text());
}

struct group_with_partitions {
  group_view group;
  std::vector<group_partition> partitions;
};

outcome<group_with_partitions> look_at(admin_client& client, const std::string& id) {
  auto group = describe_group(client, id);
  if (!group) return std::move(group.error());
  auto committed = committed_offsets(client, id);
  if (!committed) return std::move(committed.error());
  if (group->state == "Dead" && committed->empty()) {
    return fault{error_code::group_id_not_found, fmt::format("there is no group {}", id)};
  }
  auto ranges = ranges_of_existing(client, topics_of(*group, *committed), has_leader);
  if (!ranges) return std::move(ranges.error());
  // The partitions point into the members, whose place does not change when the view moves.
  auto partitions = partitions_of(*group, *committed, *ranges);
  return group_with_partitions{std::move(*group), std::move(partitions)};
}

outcome<void> describe(admin_client& client, const group_options& options) {
  auto ids = options.groups;
  if (ids.empty()) {
    auto groups = list_groups(client);
    if (!groups) return std::move(groups.error());
    for (const auto& group : *groups) ids.push_back(group.id);
    if (ids.empty()) report("there are no groups");
  }
  std::vector<fault> faults;
  json::array all;
  bool has_printed = false;
  for (const auto& id : ids) {
    auto found = look_at(client, id);
    if (!found) {
      faults.push_back(std::move(found.error()));
    } else if (options.json) {
      all.push_back(group_json(found->group, found->partitions));
    } else {
      if (has_printed) print("\n");
      has_printed = true;
      print_group(found->group, found->partitions, options.members);
    }
  }
  if (options.json) print(to_json_text(all));
  return report_all(faults);
}

outcome<void> refuse_live_group(const group_view& group) {
  if (group.members.empty()) return {};
  return fault{error_code::non_empty_group,
               fmt::format("group {} has {} ({}); stop them first, or they would overwrite the "
                           "new offsets",
                           group.id, counted(std::ssize(group.members), "member"), group.state)};
}

/// Of the topics and partitions that are named; without names of those the group has offsets of.
outcome<partition_ranges> ranges_to_reset(admin_client& client, const group_options& options,
                                          const std::vector<std::string>& known) {
  auto names = parse_partition_names(options.topics);
  if (!names) return std::move(names.error());
  if (names->empty() && known.empty()) {
    return fault{
        error_code::group_id_not_found,
        fmt::format("group {} has no offsets; name the topics with --topic", options.group)};
  }
  if (names->empty()) return ranges_of_existing(client, known, is_any);
  std::set<std::string> topics;
  for (const auto& name : *names) topics.insert(name.topic);
  auto ranges = ranges_of(client, {topics.begin(), topics.end()},
                          [&](const led_partition& each) { return is_meant(*names, each.which); });
  if (!ranges) return ranges;
  for (const auto& name : *names) {
    if (!name.partition || ranges->contains({name.topic, *name.partition})) continue;
    return fault{error_code::unknown_topic_or_partition,
                 fmt::format("topic {} has no partition {}", name.topic, *name.partition)};
  }
  return ranges;
}

outcome<std::vector<reset_step>> work_out(admin_client& client, const group_options& options) {
  auto group = describe_group(client, options.group);
  if (!group) return std::move(group.error());
  OTTLA_TRY(refuse_live_group(*group));
  auto committed = committed_offsets(client, options.group);
  if (!committed) return std::move(committed.error());
  auto ranges = ranges_to_reset(client, options, topics_of(*group, *committed));
  if (!ranges) return std::move(ranges.error());
  reset_target target{.shift = options.shift.value_or(0)};
  if (options.to) target.to = parse_position(*options.to);
  partition_offsets at_time;
  if (target.to && target.to->kind == position_kind::time) {
    std::set<std::string> topics;
    for (const auto& [which, range] : *ranges) topics.insert(which.topic);
    auto found =
        offsets_at(client, {topics.begin(), topics.end()}, target.to->value,
                   [&](const led_partition& each) { return ranges->contains(each.which); });
    if (!found) return std::move(found.error());
    at_time = std::move(*found);
  }
  return plan_reset(target, *ranges, *committed, at_time);
}

void show_plan(const std::vector<reset_step>& plan) {
  text_table table({{"TOPIC"},
                    {"PARTITION", alignment::right},
                    {"NOW", alignment::right},
                    {"NEW", alignment::right},
                    {"CHANGE", alignment::right},
                    {""}});
  for (const auto& step : plan) {
    auto change = step.before ? std::optional(step.after - *step.before) : std::nullopt;
    table.add({step.which.topic, std::to_string(step.which.partition), number_or_dash(step.before),
               with_separators(step.after), number_or_dash(change),
               step.was_cut ? "cut to what the partition has" : ""});
  }
  print(table.to_text());
}

json::value plan_json(const std::vector<reset_step>& plan, bool applied) {
  json::array steps;
  for (const auto& step : plan) {
    steps.push_back(json::object{{"topic", step.which.topic},
                                 {"partition", step.which.partition},
                                 {"before", json_or_null(step.before)},
                                 {"after", step.after},
                                 {"cut", step.was_cut}});
  }
  return json::object{{"applied", applied}, {"partitions", std::move(steps)}};
}

outcome<void> reset(admin_client& client, const group_options& options) {
  auto plan = work_out(client, options);
  if (!plan) return std::move(plan.error());
  if (plan->empty()) {
    return fault{error_code::none,
                 "nothing to do: none of these partitions has a committed offset"};
  }
  bool is_agreed = options.yes && !options.dry_run;
  if (!options.json) show_plan(*plan);
  if (!options.json && !options.yes && !options.dry_run) {
    is_agreed = confirm(fmt::format("Set these offsets of group {}?", options.group));
  }
  if (is_agreed) {
    partition_offsets offsets;
    for (const auto& step : *plan) offsets[step.which] = step.after;
    OTTLA_TRY(commit_offsets(client, options.group, offsets));
  }
  if (options.json) print(to_json_text(plan_json(*plan, is_agreed)));
  if (is_agreed) {
    if (!options.json)
      print(
          fmt::format("Set {} of group {}\n", counted(std::ssize(*plan), "offset"), options.group));
    return {};
  }
  if (options.dry_run) return {};
  return fault{error_code::none, "nothing was changed; --yes applies the plan without asking"};
}

outcome<void> delete_groups(admin_client& client, const group_options& options) {
  std::vector<fault> faults;
  json::array deleted;
  for (const auto& id : options.groups) {
    if (auto done = delete_group(client, id); !done) {
      faults.push_back(std::move(done.error()));
      continue;
    }
    deleted.push_back(json::object{{"group", id}});
    if (!options.json) print(fmt::format("Deleted group {}\n", id));
  }
  if (options.json) print(to_json_text(deleted));
  return report_all(faults);
}

using group_action = outcome<void> (*)(admin_client&, const group_options&);

command make(std::string name, std::string summary, group_action action,
             const std::function<void(command&, group_options&)>& fill) {
  auto options = std::make_shared<group_options>();
  command made{.name = std::move(name), .summary = std::move(summary)};
  fill(made, *options);
  add_remote_options(made, *options);
  made.run = [options, action] {
    return with_client(*options, [&](admin_client& client) { return action(client, *options); });
  };
  return made;
}

command reset_command() {
  auto options = std::make_shared<group_options>();
  command made{.name = "reset",
               .summary = "Move the offsets of a group",
               .description =
                   "Works out the new offsets, shows them, and sets them after a yes. The group "
                   "must have no members. Without --topic all topics of the group are moved."};
  made.arguments = {{"GROUP", &options->group, "The group"}};
  made.options = {
      {"-t,--topic", &options->topics, "TOPIC[/PARTITION]",
       "Only this topic or partition; may be repeated"},
      {"--to", &options->to, "WHERE", "To " + std::string(position_forms)},
      {"--shift", &options->shift, "N", "By N records from the committed offset; may be negative"},
      {"-y,--yes", &options->yes, "", "Do not ask"},
      {"--dry-run", &options->dry_run, "", "Show the plan, change nothing"}};
  add_remote_options(made, *options);
  made.examples = {"ottla group reset billing --to earliest",
                   "ottla group reset billing --topic orders --to 2026-01-31T12:00:00Z --dry-run",
                   "ottla group reset billing --topic orders/3 --shift -100 --yes"};
  made.run = [options] {
    if (options->to.has_value() == options->shift.has_value()) {
      return report_usage("say where to: either --to or --shift");
    }
    if (options->to && !parse_position(*options->to)) {
      return report_usage(fmt::format("--to {}: must be {}", *options->to, position_forms));
    }
    auto names = parse_partition_names(options->topics);
    if (!names) return report_usage("--topic " + names.error().message);
    return with_client(*options, [&](admin_client& client) { return reset(client, *options); });
  };
  return made;
}

}  // namespace

command group_command() {
  auto list_groups_command = make("list", "List groups", list, [](command& c, group_options&) {
    c.examples = {"ottla group list"};
  });
  auto describe_command =
      make("describe", "Show members, committed offsets and lag", describe,
           [](command& c, group_options& o) {
             c.arguments = {{"GROUP...", &o.groups, "Groups [all]", false}};
             c.options = {{"-m,--members", &o.members, "", "Also a table of the members"}};
             c.examples = {"ottla group describe billing",
                           "ottla group describe billing --json | jq '.[].partitions[].lag'"};
           });
  auto delete_command = make("delete", "Delete groups without members, and their offsets",
                             delete_groups, [](command& c, group_options& o) {
                               c.arguments = {{"GROUP...", &o.groups, "The groups"}};
                               c.examples = {"ottla group delete billing"};
                             });
  return {.name = "group",
          .summary = "List, describe, reset and delete consumer groups",
          .subcommands = {std::move(list_groups_command), std::move(describe_command),
                          reset_command(), std::move(delete_command)}};
}

}  // namespace ottla
