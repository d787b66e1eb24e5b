// ottla cluster describe, and the list of its neighbours
#include <fmt/format.h>

#include <algorithm>

#include "cli/cluster_commands.hpp"
#include "cli/cluster_state.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "cli/remote_options.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

struct broker_view {
  broker_id id = no_broker;
  std::string address;
  std::optional<std::string> rack;
  int leading = 0;
  int replicas = 0;
  std::optional<int64_t> used_bytes;  ///< Nothing: it does not answer.
};

struct cluster_view {
  std::string id;
  broker_id controller = no_broker;
  size_t topics = 0;
  size_t partitions = 0;
  size_t without_leader = 0;
  size_t not_in_sync = 0;
  std::vector<broker_view> brokers;
};

void count(const metadata_response::metadata_response_partition& partition, cluster_view& view) {
  ++view.partitions;
  if (partition.leader_id < 0) ++view.without_leader;
  if (partition.isr_nodes.size() < partition.replica_nodes.size()) ++view.not_in_sync;
  for (auto& broker : view.brokers) {
    if (partition.leader_id == broker.id) ++broker.leading;
    broker.replicas += static_cast<int>(std::ranges::count(partition.replica_nodes, broker.id));
  }
}

/// The cluster lists a broker that has died until its session ends.
void measure_disks(admin_client& client, cluster_view& view) {
  for (auto& broker : view.brokers) {
    if (auto disks = read_disks(client, broker.id)) broker.used_bytes = disks->used_bytes;
  }
}

outcome<cluster_view> look(admin_client& client) {
  auto cluster = client.metadata(std::nullopt);
  if (!cluster) return std::move(cluster.error());
  cluster_view view{.id = cluster->cluster_id.value_or("unknown"),
                    .controller = cluster->controller_id,
                    .topics = cluster->topics.size()};
  for (const auto& broker : cluster->brokers) {
    broker_address address{broker.host, static_cast<uint16_t>(broker.port)};
    view.brokers.push_back({broker.node_id, to_string(address), broker.rack});
  }
  std::ranges::sort(view.brokers, {}, &broker_view::id);
  for (const auto& topic : cluster->topics) {
    for (const auto& partition : topic.partitions) count(partition, view);
  }
  measure_disks(client, view);
  return view;
}

json::value to_json(const cluster_view& view) {
  json::array brokers;
  for (const auto& broker : view.brokers) {
    brokers.push_back(json::object{{"id", broker.id},
                                   {"address", broker.address},
                                   {"rack", json_or_null(broker.rack)},
                                   {"controller", broker.id == view.controller},
                                   {"leading", broker.leading},
                                   {"replicas", broker.replicas},
                                   {"used_bytes", json_or_null(broker.used_bytes)}});
  }
  return json::object{{"cluster_id", view.id},
                      {"controller", view.controller},
                      {"topics", view.topics},
                      {"partitions", view.partitions},
                      {"partitions_without_leader", view.without_leader},
                      {"partitions_not_in_sync", view.not_in_sync},
                      {"brokers", std::move(brokers)}};
}

void print_view(const cluster_view& view) {
  print(fmt::format("Cluster {}: {}, {}, {} without leader, {} not in sync\n\n", view.id,
                    counted(static_cast<int64_t>(view.topics), "topic"),
                    counted(static_cast<int64_t>(view.partitions), "partition"),
                    view.without_leader, view.not_in_sync));
  text_table table({{"BROKER", alignment::right},
                    {"ADDRESS"},
                    {"RACK"},
                    {"LEADING", alignment::right},
                    {"REPLICAS", alignment::right},
                    {"USED", alignment::right},
                    {""}});
  for (const auto& broker : view.brokers) {
    table.add({std::to_string(broker.id), broker.address, broker.rack.value_or("-"),
               std::to_string(broker.leading), std::to_string(broker.replicas),
               broker.used_bytes ? readable_bytes(*broker.used_bytes) : "no answer",
               broker.id == view.controller ? "controller" : ""});
  }
  print(table.to_text());
}

command describe_command() {
  auto options = std::make_shared<remote_options>();
  command made{.name = "describe", .summary = "Show brokers, their load, and what is not well"};
  add_remote_options(made, *options);
  made.examples = {"ottla cluster describe", "ottla cluster describe --json"};
  made.run = [options] {
    return with_client(*options, [&](admin_client& client) -> outcome<void> {
      auto view = look(client);
      if (!view) return std::move(view.error());
      if (options->json) {
        print(to_json_text(to_json(*view)));
      } else {
        print_view(*view);
      }
      return {};
    });
  };
  return made;
}

}  // namespace

command cluster_command() {
  return {.name = "cluster",
          .summary = "Describe the cluster, judge it, move its leaders and replicas",
          .subcommands = {describe_command(), cluster_status_command(), cluster_elect_command(),
                          cluster_reassign_command(), cluster_rebalance_command(),
                          cluster_drain_command(), cluster_import_command()}};
}

}  // namespace ottla
