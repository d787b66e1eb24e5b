#include "actors/broker/import_embedded.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "actors/broker/make_metadata_store.hpp"
#include "storage/log_files.hpp"
#include "storage/metadata/change_log.hpp"
#include "storage/metadata/sqlite_metadata_store.hpp"
#include "storage/metadata/stored_records.hpp"
#include "storage/posix_file_system.hpp"

namespace ottla {
namespace {

/// Holds the cluster's id while the move is under way.
constexpr const char* import_path = "/import";
const std::string buckets_path = "/buckets";

store_write write_of(store_write::kind what, std::string path, shared_bytes value,
                     node_version version = any_version) {
  return {.what = what, .path = std::move(path), .version = version, .value = std::move(value)};
}

store_write create(std::string path, shared_bytes value) {
  return write_of(store_write::kind::create, std::move(path), std::move(value));
}

std::string configs_path() {
  return metadata_path::of({metadata_node::kind::configs});
}
std::string producer_ids_path() {
  return metadata_path::of({metadata_node::kind::producer_ids});
}

class mover {
public:
  mover(blocking_store& embedded, blocking_store& cluster, broker_id node,
        const std::string& destination)
      : embedded_(embedded), cluster_(cluster), node_(node), destination_(destination) {}

  outcome<import_report> move() {
    OTTLA_TRY(read_embedded());
    OTTLA_TRY(look_at_destination());
    if (report_.was_complete) return report_;
    if (has_begun_) data_.insert(data_.begin(), first_nodes_.begin(), first_nodes_.end());
    if (!has_begun_) OTTLA_TRY(begin());
    OTTLA_TRY(copy_data());
    OTTLA_TRY(mark_embedded());
    OTTLA_TRY(found_cluster());
    return report_;
  }

private:
  // Everything is read, checked and changed before anything is written.
  outcome<void> read_embedded() {
    auto nodes =
        embedded_.read({metadata_path::cluster, metadata_path::controller_epoch,
                        metadata_path::changes, producer_ids_path(), configs_path(), moved_node});
    if (!nodes) return std::move(nodes.error());
    if (!nodes->front().exists()) {
      return fault{error_code::invalid_request, "the embedded store holds no cluster"};
    }
    auto record = decode_node<cluster_record>((*nodes)[0]);
    if (!record) return std::move(record.error());
    cluster_record_ = std::move(*record);
    report_.cluster_id = cluster_record_.cluster_id;
    OTTLA_TRY(read_counters((*nodes)[1], (*nodes)[2]));
    first_nodes_.push_back(create(producer_ids_path(), (*nodes)[3].value));
    if ((*nodes)[4].exists()) data_.push_back(create(configs_path(), (*nodes)[4].value));
    is_marked_ = (*nodes)[5].exists();
    return read_buckets();
  }

  outcome<void> read_counters(const stored_node& epoch_node, const stored_node& changes_node) {
    auto epoch = decode_node<controller_epoch_record>(epoch_node);
    if (!epoch) return std::move(epoch.error());
    ++epoch->epoch;
    first_nodes_.push_back(create(metadata_path::controller_epoch, encode_record(*epoch)));
    auto changes = decode_node<change_log>(changes_node);
    if (!changes) return std::move(changes.error());
    // The ring names versions that the nodes do not have there: whoever comes reads everything.
    const auto next = changes->sequence + 1;
    first_nodes_.push_back(
        create(metadata_path::changes,
               encode_record(change_log{.sequence = next, .complete_from = next + 1})));
    return {};
  }

  outcome<void> read_buckets() {
    auto names = embedded_.list(buckets_path);
    if (!names) return std::move(names.error());
    for (const auto& name : *names) {
      auto nodes = embedded_.read({buckets_path + "/" + name});
      if (!nodes) return std::move(nodes.error());
      auto bucket = decode_node<bucket_record>(nodes->front());
      if (!bucket) return std::move(bucket.error());
      OTTLA_TRY(change_partitions(*bucket));
      report_.topics += bucket->topics.size();
      data_.push_back(create(nodes->front().path, encode_record(*bucket)));
    }
    return {};
  }

  /// The epochs of the node's registrations come from another store now and mean nothing there: its
  /// seats get one below all, and are judged when it registers.
  outcome<void> change_partitions(bucket_record& bucket) {
    for (auto& block : bucket.blocks) {
      report_.partitions += block.partitions.size();
      for (auto& partition : block.partitions) {
        if (partition.replicas != std::vector<broker_id>{node_}) {
          return fault{
              error_code::invalid_request,
              fmt::format("the replicas of topic {} are on broker {}, and node.id is {}",
                          block.topic_id.to_string(), fmt::join(partition.replicas, ","), node_)};
        }
        ++partition.leader_epoch;
        auto forget = [](replica_seat& seat) {
          if (seat.id != no_broker) seat.epoch = 0;
        };
        forget(partition.leader);
        std::ranges::for_each(partition.isr, forget);
        std::ranges::for_each(partition.eligible, forget);
        partition.failed.clear();
      }
    }
    return {};
  }

  outcome<void> look_at_destination() {
    auto nodes =
        cluster_.read({metadata_path::cluster, import_path, metadata_path::controller_epoch,
                       metadata_path::changes, producer_ids_path(), configs_path()});
    if (!nodes) return std::move(nodes.error());
    auto buckets = cluster_.list(buckets_path);
    if (!buckets) return std::move(buckets.error());
    const auto& found = nodes->front();
    if (found.exists()) {
      auto other = decode_node<cluster_record>(found);
      if (!other) return std::move(other.error());
      report_.was_complete = is_marked_ && other->cluster_id == report_.cluster_id;
      if (report_.was_complete) return {};
      return is_not_empty("cluster " + other->cluster_id);
    }
    if (const auto& marker = (*nodes)[1]; marker.exists()) {
      has_begun_ = as_text(marker.value.view()) == report_.cluster_id;
      if (has_begun_) return {};
      return is_not_empty(
          fmt::format("the unfinished move of cluster {}", as_text(marker.value.view())));
    }
    bool is_empty = buckets->empty() && std::ranges::none_of(*nodes, &stored_node::exists);
    return is_empty ? outcome<void>{} : is_not_empty("metadata");
  }

  [[nodiscard]] fault is_not_empty(const std::string& what) const {
    return {error_code::invalid_request,
            fmt::format("{} holds {} already: choose a chroot of its own", destination_, what)};
  }

  // Where these nodes are, no broker makes a cluster.
  outcome<void> begin() {
    auto steps = first_nodes_;
    steps.push_back(create(import_path, shared_bytes::copy_of(report_.cluster_id)));
    return cluster_.commit(steps);
  }

  outcome<void> copy_data() {
    std::vector<store_write> steps;
    size_t bytes = 0;
    for (const auto& step : data_) {
      if (!steps.empty() && bytes + step_bytes(step) > commit_bytes_target) {
        OTTLA_TRY(write(std::exchange(steps, {})));
        bytes = 0;
      }
      steps.push_back(step);
      bytes += step_bytes(step);
    }
    return steps.empty() ? outcome<void>{} : write(std::move(steps));
  }

  /// What an earlier attempt has written is written over: the node may have run since.
  outcome<void> write(std::vector<store_write> steps) {
    std::vector<std::string> paths;
    for (const auto& step : steps) paths.push_back(step.path);
    auto nodes = cluster_.read(paths);
    if (!nodes) return std::move(nodes.error());
    for (size_t i = 0; i < steps.size(); ++i) {
      if (!(*nodes)[i].exists()) continue;
      steps[i].what = store_write::kind::set;
      steps[i].version = (*nodes)[i].version;
    }
    steps.push_back(write_of(store_write::kind::check, import_path, {}));
    return cluster_.commit(steps);
  }

  outcome<void> mark_embedded() {
    if (is_marked_) return {};
    return embedded_.commit({create(moved_node, shared_bytes::copy_of(destination_))});
  }

  outcome<void> found_cluster() {
    return cluster_.commit({create(metadata_path::cluster, encode_record(cluster_record_)),
                            write_of(store_write::kind::remove, import_path, {})});
  }

  blocking_store& embedded_;
  blocking_store& cluster_;
  const broker_id node_;
  const std::string& destination_;
  cluster_record cluster_record_;
  std::vector<store_write> first_nodes_;
  std::vector<store_write> data_;
  bool is_marked_ = false;
  bool has_begun_ = false;
  import_report report_;
};

}  // namespace

outcome<import_report> move_metadata(blocking_store& embedded, blocking_store& cluster,
                                     broker_id node, const std::string& destination) {
  return mover(embedded, cluster, node, destination).move();
}

outcome<import_report> import_embedded(const broker_config& config) {
  if (!config.is_in_cluster()) {
    return fault{error_code::invalid_request,
                 "zookeeper.connect is not set: it says where the metadata shall go"};
  }
  const auto path = embedded_store_path(config);
  posix_file_system disk;
  if (auto is_there = disk.exists(path); !is_there || !*is_there) {
    return fault{error_code::invalid_request,
                 fmt::format("{} is not there: this node has no metadata of its own", path)};
  }
  const auto timeout_ms = config.zookeeper_connection_timeout_ms;
  auto embedded = blocking_store::open(
      [&](store_executor executor) {
        return open_sqlite_metadata_store(path, std::move(executor), moved_store::open);
      },
      timeout_ms);
  if (!embedded) return std::move(embedded.error());
  auto cluster = blocking_store::open(
      [&](store_executor executor) { return make_metadata_store(config, std::move(executor)); },
      timeout_ms);
  if (!cluster) return std::move(cluster.error());
  return move_metadata(**embedded, **cluster, config.node_id,
                       "zookeeper.connect=" + config.zookeeper_connect);
}

}  // namespace ottla
