#include "actors/broker/cluster_identity.hpp"

#include <optional>

#include "actors/cluster/new_cluster.hpp"
#include "storage/metadata/change_log.hpp"

namespace ottla {
namespace {

/// Reads the record of the cluster, and makes it where it may.
class joiner {
public:
  joiner(metadata_store& store, const cluster_record& fresh, const std::string& own)
      : store_(store), fresh_(fresh), own_(own) {}

  void start() {
    store_.start({.session =
                      [this](session_event event) {
                        if (event == session_event::connected) look();
                      },
                  .changed = [](const std::string&) {}});
  }
  [[nodiscard]] bool is_done() const { return result_.has_value(); }
  [[nodiscard]] outcome<std::string> result() { return std::move(*result_); }

private:
  void look() {
    store_.read({metadata_path::cluster}, [this](const outcome<std::vector<stored_node>>& nodes) {
      if (!nodes) return failed(nodes.error());
      if (!nodes->front().exists()) return make();
      auto record = decode_record<cluster_record>(nodes->front().value.view());
      if (!record) return end(record.error());
      if (!own_.empty() && own_ != record->cluster_id) {
        return end(fault{error_code::inconsistent_cluster_id,
                         "log.dirs belong to cluster " + own_ +
                             ", but zookeeper.connect leads to cluster " + record->cluster_id,
                         0});
      }
      end(record->cluster_id);
    });
  }
  void make() {
    if (is_tried_) {
      return end(fault{error_code::inconsistent_cluster_id,
                       "zookeeper.connect leads to metadata without a cluster: `ottla cluster "
                       "import-embedded` that brought them there has to be completed first",
                       0});
    }
    if (!own_.empty()) {
      return end(fault{error_code::inconsistent_cluster_id,
                       "log.dirs belong to cluster " + own_ +
                           ", but zookeeper.connect leads to no cluster: if it had its metadata "
                           "itself, `ottla cluster import-embedded` moves them; if they are lost, "
                           "a new cluster needs new log.dirs",
                       0});
    }
    store_.commit(first_nodes(fresh_), [this](const commit_result& made) {
      if (made.what == commit_result::status::refused) {
        return failed({error_code::broker_not_available, made.message, 0});
      }
      // Whoever was first has made a cluster that can be found now.
      is_tried_ = made.what == commit_result::status::conflict;
      store_.sync([this](const outcome<void>& synced) {
        if (synced) look();
      });
    });
  }
  /// A connection that breaks is followed by the next one.
  void failed(const fault& why) {
    if (why.code != error_code::broker_not_available) end(why);
  }
  void end(outcome<std::string> result) {
    if (!result_) result_ = std::move(result);
  }

  metadata_store& store_;
  const cluster_record& fresh_;
  const std::string& own_;
  bool is_tried_ = false;
  std::optional<outcome<std::string>> result_;
};

}  // namespace

outcome<std::string> join_cluster(const open_store& open, const cluster_record& fresh,
                                  const std::string& own_cluster, int64_t timeout_ms) {
  waiting_room answers;
  auto store = open(answers.executor());
  if (!store) return std::move(store.error());
  joiner one{**store, fresh, own_cluster};
  one.start();
  const bool is_done = answers.run_until([&] { return one.is_done(); }, timeout_ms);
  (*store)->close();
  if (is_done) return one.result();
  return fault{error_code::broker_not_available, "ZooKeeper does not answer", 0};
}

}  // namespace ottla
