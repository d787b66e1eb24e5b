// ottla cluster reassign
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "cli/cluster_commands.hpp"
#include "cli/cluster_health.hpp"
#include "cli/command_line.hpp"
#include "cli/json.hpp"
#include "cli/move_throttle.hpp"
#include "cli/output.hpp"
#include "cli/reassignment.hpp"
#include "cli/remote_options.hpp"
#include "cli/show_moves.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

struct reassign_options : remote_options {
  std::vector<std::string> names;
  std::optional<std::string> file;
  std::optional<std::string> replicas;
  std::optional<int64_t> throttle;
  bool cancel = false;
  bool watch = false;
};

outcome<std::vector<wanted_replicas>> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) {
    return fault{error_code::invalid_request, fmt::format("{} cannot be read", path)};
  }
  auto wanted = parse_reassignment(text);
  if (!wanted) wanted.error().message = fmt::format("{}: {}", path, wanted.error().message);
  return wanted;
}

/// The topics that are named, or all where none is; every name must be there.
outcome<cluster_state> read_named(admin_client& client, const std::vector<partition_name>& names) {
  std::optional<std::vector<std::string>> topics;
  if (!names.empty()) topics.emplace();
  for (const auto& name : names) topics->push_back(name.topic);
  auto cluster = read_cluster(client, topics);
  if (!cluster) return cluster;
  for (const auto& name : names) {
    const auto* topic = cluster->find_topic(name.topic);
    bool is_there = topic && std::ranges::any_of(topic->partitions, [&](const auto& partition) {
                      return is_meant({name}, partition.which);
                    });
    if (is_there) continue;
    return fault{
        error_code::unknown_topic_or_partition,
        fmt::format("topic {} has no partition {}", name.topic, name.partition.value_or(0))};
  }
  return cluster;
}

/// Every partition of a topic that is named without one goes to the same brokers, each with the
/// next of them in front, so that all of them lead.
std::vector<wanted_replicas> placed(const cluster_state& cluster,
                                    const std::vector<partition_name>& names,
                                    const std::vector<broker_id>& replicas) {
  std::vector<wanted_replicas> wanted;
  for (const auto& topic : cluster.topics) {
    for (const auto& partition : topic.partitions) {
      if (!is_meant(names, partition.which)) continue;
      bool is_named = std::ranges::any_of(names, [&](const partition_name& name) {
        return name.topic == topic.name && name.partition == partition.which.partition;
      });
      auto order = replicas;
      if (!is_named) {
        auto first = static_cast<size_t>(partition.which.partition) % replicas.size();
        std::ranges::rotate(order, order.begin() + static_cast<ptrdiff_t>(first));
      }
      wanted.push_back({partition.which, std::move(order)});
    }
  }
  return wanted;
}

std::vector<wanted_replicas> cancellations(const cluster_state& cluster,
                                           const std::vector<partition_name>& names) {
  std::vector<wanted_replicas> wanted;
  for (const auto& topic : cluster.topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.is_moving() && is_meant(names, partition.which)) {
        wanted.push_back({partition.which, std::nullopt});
      }
    }
  }
  return wanted;
}

outcome<void> list_moves(admin_client& client, const std::vector<partition_name>& names,
                         bool as_json) {
  auto cluster = read_named(client, names);
  if (!cluster) return std::move(cluster.error());
  text_table table({{"PARTITION"}, {"REPLICAS"}, {"IN SYNC"}, {"ADDING"}, {"REMOVING"}});
  json::array list;
  for (const auto& topic : cluster->topics) {
    for (const auto& partition : topic.partitions) {
      if (!partition.is_moving() || !is_meant(names, partition.which)) continue;
      table.add({to_string(partition.which), id_list(partition.replicas), id_list(partition.isr),
                 id_list(partition.adding), id_list(partition.removing)});
      list.push_back(moving_json(partition));
    }
  }
  if (as_json) {
    print(to_json_text(list));
  } else {
    print(table.empty() ? "No partition is being moved\n" : table.to_text());
  }
  return {};
}

/// What the options ask for; nothing where no move is under way that they could cancel.
outcome<std::vector<wanted_replicas>> wanted_by(const cluster_state& cluster,
                                                const reassign_options& options,
                                                const std::vector<partition_name>& names) {
  auto meant = names;
  if (options.file) {
    auto planned = read_file(*options.file);
    if (!planned || !options.cancel) return planned;
    for (const auto& each : *planned) meant.push_back({each.which.topic, each.which.partition});
  }
  if (options.cancel) return cancellations(cluster, meant);
  auto replicas = parse_broker_ids(*options.replicas);
  if (!replicas) return std::move(replicas.error());
  return placed(cluster, names, *replicas);
}

std::string words_for(const reassign_options& options, int64_t changed, int64_t in_place) {
  const char* kept = in_place == 1 ? "has its replicas" : "have their replicas";
  if (changed == 0) {
    return options.cancel ? "No partition is being moved\n"
                          : fmt::format("{} {} there already; nothing moves\n",
                                        counted(in_place, "partition"), kept);
  }
  auto words = fmt::format("{} {} of {}", options.cancel ? "Cancelled" : "Began",
                           changed == 1 ? "the move" : "the moves", counted(changed, "partition"));
  return in_place == 0 ? words + "\n"
                       : fmt::format("{}; {} {} there already\n", words, in_place, kept);
}

/// Of what is wanted, and of what moves already.
outcome<void> throttle(admin_client& client, const std::vector<wanted_replicas>& wanted,
                       int64_t bytes_per_second) {
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  std::vector<replica_move> moves;
  for (const auto& each : wanted) {
    const auto* topic = cluster->find_topic(each.which.topic);
    if (topic == nullptr || !each.replicas) continue;
    const auto at = std::ranges::find(topic->partitions, each.which, &partition_state::which);
    if (at != topic->partitions.end()) moves.push_back({each.which, at->replicas, *each.replicas});
  }
  const auto topics = throttled_topics(*cluster, moves);
  if (topics.empty() && wanted.empty()) {
    return fault{error_code::no_reassignment_in_progress, "no partition is being moved"};
  }
  return set_throttle(client, *cluster, topics, bytes_per_second);
}

/// Tells what has changed. `touched` gets every partition that was asked for.
outcome<void> change(admin_client& client, const reassign_options& options,
                     const std::vector<partition_name>& names,
                     std::vector<partition_name>& touched) {
  auto cluster = read_named(client, names);
  if (!cluster) return std::move(cluster.error());
  auto wanted = wanted_by(*cluster, options, names);
  if (!wanted) return std::move(wanted.error());
  if (options.throttle) OTTLA_TRY(throttle(client, *wanted, *options.throttle));
  // All of them are told: for replicas in place that changes nothing, and the broker that described
  // the cluster may be behind the controller.
  OTTLA_TRY(reassign(client, *wanted));
  if (options.cancel) {
    if (auto ended = end_throttle(client); !ended) return std::move(ended.error());
  }
  for (const auto& each : *wanted) touched.push_back({each.which.topic, each.which.partition});
  auto in_place = std::erase_if(
      *wanted, [&](const wanted_replicas& each) { return is_in_place(*cluster, each); });
  if (options.json) {
    json::array changed;
    for (const auto& each : *wanted) changed.push_back(wanted_json(each));
    print(to_json_text(changed));
  } else {
    print(words_for(options, std::ssize(*wanted), static_cast<int64_t>(in_place)));
  }
  return {};
}

int run(const reassign_options& options) {
  auto names = parse_partition_names(options.names);
  if (!names) return report_usage(names.error().message);
  if (options.file && options.replicas)
    return report_usage("--file and --replicas exclude each other");
  if (options.file && !names->empty())
    return report_usage("--file names the partitions itself; leave the others out");
  if (options.replicas && options.cancel) {
    return report_usage("--cancel takes replicas back to where they were; leave --replicas out");
  }
  if (options.throttle && (options.cancel || *options.throttle < 1)) {
    return report_usage(options.cancel ? "--cancel copies nothing; leave --throttle out"
                                       : "--throttle must be 1 or more");
  }
  if (options.replicas && names->empty()) {
    return report_usage("--replicas needs topics or partitions that shall have them");
  }
  if (options.replicas && !parse_broker_ids(*options.replicas)) {
    return report_usage(parse_broker_ids(*options.replicas).error().message);
  }
  const bool changes = options.file || options.replicas || options.cancel;
  if (changes) {
    std::vector<partition_name> touched;
    int done = with_client(
        options, [&](admin_client& client) { return change(client, options, *names, touched); });
    if (done != exit_ok || !options.watch || touched.empty()) return done;
    return watch_moves(options, touched, options.json);
  }
  if (options.throttle) {
    int done = with_client(
        options, [&](admin_client& client) { return throttle(client, {}, *options.throttle); });
    if (done != exit_ok || !options.watch) return done;
  }
  if (options.watch) return watch_moves(options, *names, options.json);
  return with_client(
      options, [&](admin_client& client) { return list_moves(client, *names, options.json); });
}

}  // namespace

command cluster_reassign_command() {
  auto options = std::make_shared<reassign_options>();
  command made{.name = "reassign",
               .summary = "Move replicas of partitions to other brokers",
               .description =
                   "Gives partitions other replicas, or takes moves back with --cancel. The "
                   "controller works through them by itself; --watch shows how far it is. Without "
                   "--file, --replicas and --cancel it lists what is being moved."};
  made.arguments = {{"TOPIC[/PARTITION]...", &options->names, "What is meant [all]", false}};
  made.options = {{"-r,--replicas", &options->replicas, "IDS",
                   "Brokers that shall have the replicas, the preferred leader first; the "
                   "partitions of a whole topic take turns"},
                  {"-f,--file",
                   &options->file,
                   "FILE",
                   "A plan in the JSON of kafka-reassign-partitions",
                   {},
                   completion_hint::file},
                  {"--throttle", &options->throttle, "BYTES",
                   "What each broker sends, and takes, a second for copies, also for those under "
                   "way [all it can]"},
                  {"--cancel", &options->cancel, "", "Take back what is being moved"},
                  {"-w,--watch", &options->watch, "", "Show the progress until nothing moves"}};
  add_remote_options(made, *options);
  made.examples = {"ottla cluster reassign orders/3 --replicas 2,3,4 --watch",
                   "ottla cluster reassign --file plan.json", "ottla cluster reassign --watch",
                   "ottla cluster reassign orders --cancel"};
  made.run = [options] { return run(*options); };
  return made;
}

}  // namespace ottla
