// ottla cluster rebalance, ottla cluster drain
#include <fmt/format.h>

#include <algorithm>

#include "actors/config/config_definition.hpp"
#include "cli/cluster_commands.hpp"
#include "cli/cluster_health.hpp"
#include "cli/command_line.hpp"
#include "cli/json.hpp"
#include "cli/move_throttle.hpp"
#include "cli/output.hpp"
#include "cli/remote_configs.hpp"
#include "cli/remote_options.hpp"
#include "cli/show_moves.hpp"

namespace ottla {
namespace {

struct rebalance_options : remote_options {
  std::string broker;  ///< Of a drain: the one to be emptied.
  std::optional<std::string> added;
  std::optional<int64_t> replication_factor;
  std::optional<int64_t> throttle;
  bool cancel = false;  ///< Of a drain.
  bool dry_run = false;
  bool yes = false;
  bool watch = false;
};

struct replica_plan {
  std::vector<plan_partition> partitions;
  std::vector<replica_move> moves;
  std::optional<broker_id> drained;  ///< It is to get nothing new and to lead nothing.
};

/// A partition that is being moved counts as where it goes, so a plan that was cut short goes on.
std::vector<plan_partition> partitions_of(const cluster_state& cluster,
                                          const replica_sizes& sizes) {
  std::vector<plan_partition> all;
  for (const auto& topic : cluster.topics) {
    for (const auto& partition : topic.partitions) {
      auto size = sizes.find(partition.which);
      all.push_back({partition.which, partition.target(), size == sizes.end() ? 0 : size->second});
    }
  }
  return all;
}

outcome<replica_plan> work_out(admin_client& client, const cluster_state& cluster,
                               const plan_goal& goal) {
  replica_plan plan{.partitions = partitions_of(cluster, partition_sizes(client, cluster))};
  auto moves = plan_replicas(plan.partitions, goal);
  if (!moves) return std::move(moves.error());
  plan.moves = std::move(*moves);
  return plan;
}

bool has_replicas(const cluster_state& cluster, broker_id id) {
  return std::ranges::any_of(cluster.topics, [&](const topic_state& topic) {
    return std::ranges::any_of(topic.partitions,
                               [&](const partition_state& p) { return p.has_replica(id); });
  });
}

outcome<replica_plan> plan_drain(admin_client& client, broker_id id) {
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  add_draining(client, *cluster, std::chrono::seconds{5});
  if (cluster->find_broker(id) == nullptr && !has_replicas(*cluster, id)) {
    return fault{error_code::broker_not_available, fmt::format("there is no broker {}", id)};
  }
  plan_goal goal{.is_balanced = false};
  for (const auto& broker : cluster->brokers) {
    const bool takes_more = !broker.is_fenced && !broker.is_draining;
    if (broker.id != id) goal.brokers.push_back({broker.id, broker.rack, takes_more});
  }
  for (auto missing : cluster->missing_brokers()) {
    if (missing != id) goal.brokers.push_back({missing, std::nullopt, false});
  }
  auto plan = work_out(client, *cluster, goal);
  if (plan) plan->drained = id;
  return plan;
}

outcome<plan_goal> balance_goal(const cluster_state& cluster, const rebalance_options& options) {
  plan_goal goal;
  if (options.replication_factor) {
    goal.replication_factor = static_cast<size_t>(*options.replication_factor);
  }
  std::vector<broker_id> added;
  if (options.added) added = *parse_broker_ids(*options.added);
  for (auto id : added) {
    if (!cluster.is_up(id)) {
      return fault{error_code::broker_not_available, fmt::format("broker {} is not up", id)};
    }
    if (!cluster.find_broker(id)->is_draining) continue;
    return fault{error_code::broker_not_available,
                 fmt::format("broker {0} is being drained; `ottla cluster drain {0} --cancel` ends "
                             "that",
                             id)};
  }
  for (const auto& broker : cluster.brokers) {
    if (broker.is_draining) continue;
    bool is_named = std::ranges::find(added, broker.id) != added.end();
    if (!options.added || is_named || has_replicas(cluster, broker.id)) {
      goal.brokers.push_back({broker.id, broker.rack});
    }
  }
  return goal;
}

outcome<replica_plan> plan_balance(admin_client& client, const rebalance_options& options) {
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  add_draining(client, *cluster, std::chrono::seconds{5});
  auto away = cluster->missing_brokers();
  for (const auto& broker : cluster->brokers) {
    if (broker.is_fenced) away.push_back(broker.id);
  }
  if (!away.empty()) {
    return fault{error_code::broker_not_available,
                 fmt::format("a plan needs all brokers, and {} is not up: start it, or give its "
                             "replicas to others with `ottla cluster drain {}`",
                             id_list(away), away.front())};
  }
  auto goal = balance_goal(*cluster, options);
  if (!goal) return std::move(goal.error());
  return work_out(client, *cluster, *goal);
}

outcome<void> set_draining(admin_client& client, broker_id id, bool is_draining) {
  const std::string key{draining_key};
  const config_edit edit = is_draining ? config_edit{edit_kind::set, key + "=true"}
                                       : config_edit{edit_kind::remove, key};
  return alter_configs(client, broker_resource, std::to_string(id), {edit}, false);
}

outcome<void> throttle(admin_client& client, const std::vector<replica_move>& moves,
                       int64_t bytes_per_second) {
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  return set_throttle(client, *cluster, throttled_topics(*cluster, moves), bytes_per_second);
}

outcome<void> apply(admin_client& client, const replica_plan& plan,
                    const rebalance_options& options) {
  const bool has_work = !plan.moves.empty() || plan.drained;
  const bool may_apply = has_work && !options.dry_run;
  bool is_agreed = options.yes && may_apply;
  if (!options.json) print_plan(plan.partitions, plan.moves, options.throttle);
  if (may_apply && !options.json && !options.yes) {
    is_agreed = confirm(plan.drained ? "Drain that broker?" : "Move these replicas?");
  }
  if (is_agreed) {
    // First, so that nothing new comes while the rest goes.
    if (plan.drained) OTTLA_TRY(set_draining(client, *plan.drained, true));
    if (options.throttle && !plan.moves.empty()) {
      OTTLA_TRY(throttle(client, plan.moves, *options.throttle));
    }
    std::vector<wanted_replicas> wanted;
    for (const auto& move : plan.moves) wanted.push_back({move.which, move.after});
    std::ranges::stable_sort(wanted, {}, &wanted_replicas::which);
    OTTLA_TRY(reassign(client, wanted));
  }
  if (options.json) {
    print(to_json_text(plan_json(plan.partitions, plan.moves, options.throttle, is_agreed)));
  } else if (plan.moves.empty()) {
    print("Nothing has to be moved\n");
  } else if (is_agreed) {
    print(
        "The cluster moves them now; `ottla cluster reassign --watch` shows how far it is, "
        "--cancel takes it back\n");
    if (options.throttle && !options.watch) {
      print("Who watches that to the end, now or later, takes the throttle away\n");
    }
  }
  if (is_agreed || options.dry_run || !has_work) return {};
  return fault{error_code::none, "nothing was changed; --yes applies the plan without asking"};
}

using planner_function = std::function<outcome<replica_plan>(admin_client&)>;

int plan_and_apply(const rebalance_options& options, const planner_function& make_plan) {
  if (options.throttle && *options.throttle < 1) {
    return report_usage(fmt::format("--throttle {}: must be 1 or more", *options.throttle));
  }
  int done = with_client(options, [&](admin_client& client) -> outcome<void> {
    auto plan = make_plan(client);
    if (!plan) return std::move(plan.error());
    return apply(client, *plan, options);
  });
  if (done != exit_ok || !options.watch || options.dry_run) return done;
  return watch_moves(options, {}, options.json);
}

int run_rebalance(const rebalance_options& options) {
  if (options.added && !parse_broker_ids(*options.added)) {
    return report_usage(parse_broker_ids(*options.added).error().message);
  }
  const auto& factor = options.replication_factor;
  if (factor && (*factor < 1 || *factor > INT16_MAX)) {
    return report_usage(
        fmt::format("--replication-factor {}: must be 1 to {}", *factor, INT16_MAX));
  }
  return plan_and_apply(options,
                        [&](admin_client& client) { return plan_balance(client, options); });
}

/// What has moved stays where it is.
outcome<void> cancel_drain(admin_client& client, broker_id id, bool as_json) {
  OTTLA_TRY(set_draining(client, id, false));
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  std::vector<wanted_replicas> cancelled;
  for (const auto& topic : cluster->topics) {
    for (const auto& partition : topic.partitions) {
      const bool leaves = std::ranges::find(partition.removing, id) != partition.removing.end();
      if (leaves && partition.has_replica(id)) cancelled.push_back({partition.which, std::nullopt});
    }
  }
  OTTLA_TRY(reassign(client, cancelled));
  if (as_json) {
    boost::json::array list;
    for (const auto& each : cancelled) list.push_back(wanted_json(each));
    print(to_json_text(list));
  } else {
    print(fmt::format(
        "Broker {} takes part as before; {} taken back\n", id,
        cancelled.size() == 1 ? "1 move is" : fmt::format("{} moves are", cancelled.size())));
  }
  return {};
}

int run_drain(const rebalance_options& options) {
  auto ids = parse_broker_ids(options.broker);
  if (!ids || ids->size() != 1) {
    return report_usage(fmt::format("'{}' is no broker id", options.broker));
  }
  if (options.cancel) {
    if (options.dry_run || options.watch) {
      return report_usage("--cancel is done at once; leave --dry-run and --watch out");
    }
    return with_client(options, [&](admin_client& client) {
      return cancel_drain(client, ids->front(), options.json);
    });
  }
  return plan_and_apply(options,
                        [&](admin_client& client) { return plan_drain(client, ids->front()); });
}

void add_plan_options(command& to, rebalance_options& options) {
  to.options.push_back(
      {"--throttle", &options.throttle, "BYTES",
       "What each broker sends, and takes, a second for these copies [all it can]"});
  to.options.push_back({"--dry-run", &options.dry_run, "", "Show the plan, change nothing"});
  to.options.push_back({"-y,--yes", &options.yes, "", "Apply the plan without asking"});
  to.options.push_back(
      {"-w,--watch", &options.watch, "", "Show the progress until nothing is moved any more"});
  add_remote_options(to, options);
}

}  // namespace

command cluster_rebalance_command() {
  auto options = std::make_shared<rebalance_options>();
  command made{.name = "rebalance",
               .summary = "Spread replicas, leaders and bytes evenly, with little movement",
               .description =
                   "Works out which replicas have to move so that brokers have equal numbers of "
                   "replicas and preferred leaders, similar bytes, and each partition is in as "
                   "many racks as it can be. Brokers that are being drained get nothing and lose "
                   "what they have. Shows the plan and asks. The controller works through it by "
                   "itself: `ottla cluster reassign` watches and cancels, and the "
                   "same command again goes on from where the cluster is."};
  made.options = {{"--add", &options->added, "IDS",
                   "New brokers that take their share; other new ones get nothing [all brokers]"},
                  {"-r,--replication-factor", &options->replication_factor, "N",
                   "Give every partition that many replicas [as many as it has]"}};
  add_plan_options(made, *options);
  made.examples = {"ottla cluster rebalance --dry-run", "ottla cluster rebalance --add 4 --watch",
                   "ottla cluster rebalance --throttle 50000000 --watch",
                   "ottla cluster rebalance --replication-factor 3"};
  made.run = [options] { return run_rebalance(*options); };
  return made;
}

command cluster_drain_command() {
  auto options = std::make_shared<rebalance_options>();
  command made{.name = "drain",
               .summary = "Move all replicas and leaders off a broker",
               .description =
                   "Gives every replica of the broker to another one, whether the broker is up or "
                   "lost, so that it can be taken away. Nothing else moves. From the beginning it "
                   "gets no new replicas and hands over what it leads (ottla.broker.draining), "
                   "also after a restart, until --cancel."};
  made.arguments = {{"ID", &options->broker, "The broker to empty"}};
  made.options = {{"--cancel", &options->cancel, "",
                   "It takes part again, and moves off it that are under way are taken back"}};
  add_plan_options(made, *options);
  made.examples = {"ottla cluster drain 3 --watch", "ottla cluster drain 3 --dry-run",
                   "ottla cluster drain 3 --cancel"};
  made.run = [options] { return run_drain(*options); };
  return made;
}

}  // namespace ottla
