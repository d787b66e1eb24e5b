// ottla cluster elect
#include <fmt/format.h>

#include "cli/cluster_commands.hpp"
#include "cli/cluster_state.hpp"
#include "cli/command_line.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "cli/partition_names.hpp"
#include "cli/remote_options.hpp"
#include "protocol/messages/elect_leaders.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

constexpr int8_t preferred_election = 0, unclean_election = 1;

struct elect_options : remote_options {
  std::vector<std::string> names;
  bool unclean = false;
  bool yes = false;
};

using partition_set = elect_leaders_request::topic_partition_set;

/// All partitions of a topic that is named without one.
outcome<std::vector<partition_set>> named_partitions(admin_client& client,
                                                     const std::vector<partition_name>& names) {
  std::vector<partition_set> sets;
  for (const auto& name : names) {
    auto& set = sets.emplace_back(partition_set{.topic = name.topic, .partitions = {}});
    if (name.partition) {
      set.partitions = {*name.partition};
      continue;
    }
    auto partitions = client.partitions({name.topic});
    if (!partitions) return std::move(partitions.error());
    for (const auto& each : *partitions) set.partitions.push_back(each.which.partition);
  }
  return sets;
}

outcome<elect_leaders_response> send(admin_client& client, const elect_leaders_request& request) {
  return client.retry([&]() -> outcome<elect_leaders_response> {
    auto controller = client.controller();
    if (!controller) return std::move(controller.error());
    auto answer = client.call_broker(*controller, request);
    if (answer && answer->error_code != error_code::none) {
      return broker_fault(answer->error_code, "election");
    }
    return answer;
  });
}

outcome<void> elect(admin_client& client, const elect_options& options,
                    const std::vector<partition_name>& names) {
  elect_leaders_request request{
      .election_type = options.unclean ? unclean_election : preferred_election,
      .timeout_ms = client.timeout_ms()};
  if (!names.empty()) {
    auto sets = named_partitions(client, names);
    if (!sets) return std::move(sets.error());
    request.topic_partitions = std::move(*sets);
  }
  auto answer = send(client, request);
  if (!answer) return std::move(answer.error());
  std::vector<fault> faults;
  json::array elected;
  int64_t not_needed = 0;
  for (const auto& topic : answer->replica_election_results) {
    for (const auto& result : topic.partition_result) {
      auto name = to_string(topic_partition{topic.topic, result.partition_id});
      if (result.error_code == error_code::election_not_needed) {
        ++not_needed;
      } else if (result.error_code != error_code::none) {
        faults.push_back(
            broker_fault(result.error_code, "partition " + name, result.error_message));
      } else {
        elected.push_back(json::object{{"topic", topic.topic}, {"partition", result.partition_id}});
        if (!options.json) print(fmt::format("Elected a leader of {}\n", name));
      }
    }
  }
  if (options.json) {
    print(to_json_text(json::object{{"elected", std::move(elected)}, {"not_needed", not_needed}}));
  } else if (elected.empty() && faults.empty()) {
    print(options.unclean ? "No election was needed: the partitions have leaders\n"
                          : "No election was needed: preferred replicas lead already\n");
  }
  return report_all(faults);
}

int run(const elect_options& options) {
  auto names = parse_partition_names(options.names);
  if (!names) return report_usage(names.error().message);
  if (options.unclean && names->empty()) {
    return report_usage("--unclean may lose records: name the topics or partitions");
  }
  constexpr std::string_view warning =
      "A replica that is not in sync may lack acknowledged records, and they are lost for good if "
      "it leads. Elect one where nothing else is left?";
  if (options.unclean && !options.yes && !confirm(warning)) {
    return report("nothing was changed; --yes elects without asking");
  }
  return with_client(options, [&](admin_client& client) { return elect(client, options, *names); });
}

}  // namespace

command cluster_elect_command() {
  auto options = std::make_shared<elect_options>();
  command made{.name = "elect",
               .summary = "Let the preferred replicas lead, or any that is left",
               .description =
                   "Gives the leadership of partitions back to their preferred replicas, the first "
                   "in the list, where these are in sync; all partitions without names. With "
                   "--unclean it gives a partition without a leader any replica that is alive."};
  made.arguments = {
      {"TOPIC[/PARTITION]...", &options->names, "What to elect leaders of [all]", false}};
  made.options = {{"--unclean", &options->unclean, "", "Also a replica that may lack records"},
                  {"-y,--yes", &options->yes, "", "Do not ask before an unclean election"}};
  add_remote_options(made, *options);
  made.examples = {"ottla cluster elect", "ottla cluster elect orders",
                   "ottla cluster elect orders/3 --unclean"};
  made.run = [options] { return run(*options); };
  return made;
}

}  // namespace ottla
