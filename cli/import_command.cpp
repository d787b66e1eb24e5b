// ottla cluster import-embedded
#include <fmt/format.h>

#include "actors/broker/import_embedded.hpp"
#include "cli/broker_options.hpp"
#include "cli/cluster_commands.hpp"
#include "cli/command_line.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

struct import_options : broker_options {
  bool json = false;
};

int run(const import_options& options) {
  auto config = load(options);
  if (!config) return report(config.error());
  auto moved = import_embedded(*config);
  if (!moved) return report(moved.error());
  if (options.json) {
    print(to_json_text(json::object{{"cluster_id", moved->cluster_id},
                                    {"topics", moved->topics},
                                    {"partitions", moved->partitions},
                                    {"was_complete", moved->was_complete}}));
    return exit_ok;
  }
  print(fmt::format("{} cluster {} to zookeeper.connect={}: {}, {}\n",
                    moved->was_complete ? "An earlier run has moved" : "Moved", moved->cluster_id,
                    config->zookeeper_connect,
                    counted(static_cast<int64_t>(moved->topics), "topic"),
                    counted(static_cast<int64_t>(moved->partitions), "partition")));
  print("Start the broker with the same configuration; it goes on with its data.\n");
  return exit_ok;
}

}  // namespace

command cluster_import_command() {
  auto options = std::make_shared<import_options>();
  command made{.name = "import-embedded",
               .summary = "Move a single node's metadata into ZooKeeper",
               .description =
                   "Makes a node that was its own cluster the first broker of a cluster on "
                   "ZooKeeper. Run it on the node's machine, while the node is stopped, with the "
                   "configuration that the broker will have: the same log.dirs and node.id, and "
                   "zookeeper.connect with an empty chroot. Topics, offsets, groups and the "
                   "cluster id stay. Run it again if it was cut short. The node cannot be started "
                   "without ZooKeeper afterwards."};
  add_broker_options(made, *options);
  made.options.push_back({"--json", &options->json, "", "Print JSON for programs"});
  made.examples = {"ottla cluster import-embedded --config server.properties"};
  made.run = [options] { return run(*options); };
  return made;
}

}  // namespace ottla
