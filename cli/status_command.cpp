// ottla cluster status
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value_from.hpp>

#include "cli/cluster_commands.hpp"
#include "cli/cluster_health.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "cli/remote_options.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

constexpr size_t rows_shown_max = 20;

struct status_options : remote_options {
  bool all = false;
};

struct broker_load {
  int leading = 0;
  int replicas = 0;
  int in_sync = 0;
};

broker_load load_of(const cluster_state& cluster, broker_id id) {
  broker_load load;
  for (const auto& topic : cluster.topics) {
    for (const auto& partition : topic.partitions) {
      if (!partition.has_replica(id)) continue;
      ++load.replicas;
      if (partition.leader == id) ++load.leading;
      if (partition.is_in_sync(id)) ++load.in_sync;
    }
  }
  return load;
}

std::string_view word_of(severity how_bad) {
  switch (how_bad) {
    case severity::broken:
      return "broken";
    case severity::degraded:
      return "degraded";
    case severity::note:
      break;
  }
  return "note";
}

std::string_view state_word(const cluster_state& cluster, broker_id id) {
  const auto* broker = cluster.find_broker(id);
  if (broker == nullptr) return "missing";
  if (broker->is_fenced) return "fenced";
  return broker->is_draining ? "draining" : "up";
}

std::vector<broker_id> all_broker_ids(const cluster_state& cluster) {
  auto ids = cluster.missing_brokers();
  for (const auto& broker : cluster.brokers) ids.push_back(broker.id);
  std::ranges::sort(ids);
  return ids;
}

struct unwell_partition {
  const partition_state* partition = nullptr;
  std::string trouble;
};

std::vector<unwell_partition> unwell_partitions(const cluster_state& cluster) {
  std::vector<unwell_partition> unwell;
  for (const auto& topic : cluster.topics) {
    for (const auto& partition : topic.partitions) {
      auto trouble = partition_trouble(topic, partition);
      if (partition.is_moving()) {
        trouble += fmt::format("{}adding {}, removing {}", trouble.empty() ? "" : "; ",
                               id_list(partition.adding), id_list(partition.removing));
      }
      if (!trouble.empty()) unwell.push_back({&partition, std::move(trouble)});
    }
  }
  return unwell;
}

json::array brokers_json(const cluster_state& cluster) {
  json::array brokers;
  for (auto id : all_broker_ids(cluster)) {
    auto load = load_of(cluster, id);
    const auto* broker = cluster.find_broker(id);
    brokers.push_back(
        json::object{{"id", id},
                     {"address", broker ? json::value(broker->address) : json::value(nullptr)},
                     {"rack", broker ? json_or_null(broker->rack) : json::value(nullptr)},
                     {"state", state_word(cluster, id)},
                     {"controller", id == cluster.controller},
                     {"leading", load.leading},
                     {"replicas", load.replicas},
                     {"in_sync", load.in_sync}});
  }
  return brokers;
}

json::value to_json(const cluster_state& cluster, const health& verdict) {
  json::array findings, partitions;
  for (const auto& each : verdict.findings) {
    findings.push_back(json::object{{"severity", word_of(each.how_bad)},
                                    {"kind", each.kind},
                                    {"text", each.text},
                                    {"advice", each.advice},
                                    {"names", json::value_from(each.names)}});
  }
  for (const auto& [partition, trouble] : unwell_partitions(cluster)) {
    partitions.push_back(json::object{{"topic", partition->which.topic},
                                      {"partition", partition->which.partition},
                                      {"leader", partition->leader},
                                      {"leader_epoch", partition->epoch},
                                      {"replicas", json::value_from(partition->replicas)},
                                      {"in_sync", json::value_from(partition->isr)},
                                      {"adding", json::value_from(partition->adding)},
                                      {"removing", json::value_from(partition->removing)},
                                      {"trouble", trouble}});
  }
  return json::object{
      {"cluster_id", cluster.cluster_id},         {"controller", cluster.controller},
      {"verdict", verdict_word(verdict.worst())}, {"findings", std::move(findings)},
      {"brokers", brokers_json(cluster)},         {"partitions", std::move(partitions)}};
}

std::string broker_table(const cluster_state& cluster) {
  text_table table({{"BROKER", alignment::right},
                    {"ADDRESS"},
                    {"RACK"},
                    {"STATE"},
                    {"LEADING", alignment::right},
                    {"REPLICAS", alignment::right},
                    {"IN SYNC", alignment::right},
                    {""}});
  for (auto id : all_broker_ids(cluster)) {
    auto load = load_of(cluster, id);
    const auto* broker = cluster.find_broker(id);
    table.add({std::to_string(id), broker ? broker->address : "-",
               broker ? broker->rack.value_or("-") : "-", std::string(state_word(cluster, id)),
               std::to_string(load.leading), std::to_string(load.replicas),
               std::to_string(load.in_sync), id == cluster.controller ? "controller" : ""});
  }
  return table.to_text();
}

std::string partition_table(const std::vector<unwell_partition>& unwell, bool all) {
  text_table table({{"PARTITION"},
                    {"LEADER", alignment::right},
                    {"EPOCH", alignment::right},
                    {"REPLICAS"},
                    {"IN SYNC"},
                    {"WHAT"}});
  auto shown = all ? unwell.size() : std::min(unwell.size(), rows_shown_max);
  for (size_t i = 0; i < shown; ++i) {
    const auto& [partition, trouble] = unwell[i];
    table.add({to_string(partition->which),
               partition->leader < 0 ? "none" : std::to_string(partition->leader),
               std::to_string(partition->epoch), id_list(partition->replicas),
               id_list(partition->isr), trouble});
  }
  auto text = table.to_text();
  if (shown < unwell.size()) {
    text += fmt::format("... and {} more; --all shows them\n", unwell.size() - shown);
  }
  return text;
}

void print_status(const cluster_state& cluster, const health& verdict, bool all) {
  print(fmt::format("Cluster {} is {}\n", cluster.cluster_id, verdict_word(verdict.worst())));
  for (const auto& each : verdict.findings) {
    print(fmt::format("  {:<8}  {}\n", word_of(each.how_bad), each.text));
    if (!each.advice.empty()) print(fmt::format("            {}\n", each.advice));
  }
  print("\n" + broker_table(cluster));
  auto partitions = partition_table(unwell_partitions(cluster), all);
  if (!partitions.empty()) print("\n" + partitions);
}

outcome<void> show_status(admin_client& client, const status_options& options) {
  auto cluster = read_cluster(client);
  if (!cluster) return std::move(cluster.error());
  add_draining(client, *cluster, std::chrono::seconds{1});
  auto verdict = judge_cluster(*cluster);
  if (options.json) {
    print(to_json_text(to_json(*cluster, verdict)));
  } else {
    print_status(*cluster, verdict, options.all);
  }
  if (verdict.worst() == severity::note) return {};
  return fault{error_code::none, ""};  // All has been said; the exit code says it once more.
}

}  // namespace

command cluster_status_command() {
  auto options = std::make_shared<status_options>();
  command made{.name = "status",
               .summary = "Judge the cluster: what is not well, why, and what helps",
               .description =
                   "Shows the verdict with its reasons, the brokers, and the partitions that are "
                   "not well or are being moved. The exit code is 0 for a healthy cluster and 1 "
                   "for one that is degraded or broken."};
  made.options = {{"--all", &options->all, "", "Every partition that is not well"}};
  add_remote_options(made, *options);
  made.examples = {"ottla cluster status", "ottla cluster status --json | jq -r .verdict",
                   "watch ottla cluster status"};
  made.run = [options] {
    return with_client(*options,
                       [&](admin_client& client) { return show_status(client, *options); });
  };
  return made;
}

}  // namespace ottla
