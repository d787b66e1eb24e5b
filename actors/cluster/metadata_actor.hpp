// The owner of the metadata store: one actor between everything else and SQLite or ZooKeeper.
//
// Reads what changed by the ring of the change node, builds the next image, puts it into the cache
// and tells the subscribers; applies stored broker configs; keeps this broker registered; writes
// what the controller asks. Detached, because the store may block.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>

#include "actors/cluster/image_builder.hpp"
#include "actors/cluster/metadata_cache.hpp"
#include "actors/config/config_cell.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"
#include "storage/metadata/metadata_store.hpp"

namespace ottla {

/// Where a store puts its answers while its owner does not exist yet, and then the owner. A store
/// is opened before the actors start, so that a bad one stops the start with a clear message.
class store_mailbox {
public:
  /// For the store. Keeps the mailbox alive.
  static store_executor executor(std::shared_ptr<store_mailbox> mailbox);
  void bind(caf::weak_actor_ptr owner);

private:
  void post(std::function<void()> task);

  std::mutex mutex_;
  caf::weak_actor_ptr owner_;
  std::vector<std::function<void()>> early_;
};

struct metadata_setup {
  std::unique_ptr<metadata_store> store;
  std::shared_ptr<store_mailbox> mailbox;  ///< The one whose executor the store was opened with.
  cluster_record new_cluster;              ///< Written if the store is empty.
  metadata_cache* cache = nullptr;
  config_cell* config = nullptr;  ///< Gets the stored configs; null: none.
  broker_id id = no_broker;       ///< This broker.
  /// The metadata cannot be read or is not what this version understands.
  std::function<void(const fault&)> on_fatal;
};

class metadata_actor final : public pinned<metadata_handle::base> {
public:
  metadata_actor(caf::actor_config& config, unit& where, metadata_setup setup);
  metadata_handle::behavior_type make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "metadata"; }

private:
  // Session.
  void session_event_came(session_event event);
  void start_over();
  void ensure_cluster();
  void cluster_read(const outcome<std::vector<stored_node>>& nodes);
  [[nodiscard]] fault other_cluster() const;

  // Registration.
  caf::result<register_broker_result> enter(const register_broker& message);
  void enter_again();
  [[nodiscard]] bool is_judged() const;
  void entered(const commit_result& result);
  void look_for_own_entry();
  void take_over(const stored_node& old);
  void answer_entry(register_broker_result result);

  // Reading.
  void node_changed(const std::string& path);
  void refresh();
  void read_brokers();
  void read_controller();
  void read_changes();
  void read_changed_nodes(const change_log& log);
  void changed_nodes_read(const std::vector<metadata_change>& wanted,
                          std::vector<stored_node> nodes, int64_t sequence);
  void finish_refresh();
  void publish();
  void apply_configs(const metadata_image& image);
  void fail(const fault& why);

  caf::result<commit_result> write(const commit_steps& message);
  caf::result<read_nodes_result> read(const read_nodes& message);
  void tell_subscribers(const caf::message& what, bool is_session_news);

  metadata_setup setup_;
  std::optional<cluster_record> cluster_;
  std::vector<subscribe_images> subscribers_;
  image_ptr image_;
  std::shared_ptr<const broker_config> static_config_;
  bool connected_ = false;
  bool is_our_cluster_ = false;  ///< What this connection shows is the cluster that we know.

  std::optional<broker_registration> registration_;
  uuid previous_incarnation_;
  broker_epoch epoch_ = no_broker_epoch;  ///< Of the last registration that succeeded.
  std::optional<caf::typed_response_promise<register_broker_result>> entry_promise_;

  bool changes_dirty_ = false, brokers_dirty_ = false, controller_dirty_ = false;
  bool refreshing_ = false;
  std::unique_ptr<image_builder> next_;
  int64_t next_sequence_ = 0;

  uint64_t last_call_ = 0;
  std::map<uint64_t, caf::typed_response_promise<commit_result>> commits_;
  std::map<uint64_t, caf::typed_response_promise<read_nodes_result>> reads_;
};

}  // namespace ottla
