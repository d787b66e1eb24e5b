// A metadata store in memory, with several sessions on one tree and trouble on request.
//
// Single-threaded: sessions of one ensemble share it without locks.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>

#include "storage/metadata/metadata_store.hpp"

namespace ottla {

/// What happens to a commit that would succeed.
enum class commit_fate : uint8_t {
  normal,
  lost_request,  ///< The connection breaks; reported as unknown; never applied.
  lost_answer,   ///< The connection breaks; reported as unknown; applied.
  refused        ///< Reported as refused; never applied.
};

class memory_metadata_store;

/// The tree that sessions share: what survives when all of them are gone.
class memory_ensemble {
public:
  struct node {
    shared_bytes value;
    node_version version = 0;
    creation_id created = 0;
    const memory_metadata_store* owner = nullptr;  ///< Of an ephemeral node.
  };

  /// A session of its own. The ensemble must outlive it.
  std::unique_ptr<memory_metadata_store> connect(store_executor executor);

  /// Decides the fate of each commit, by its steps; unset: all normal.
  std::function<commit_fate(const std::vector<store_write>&)> fate;
  std::map<std::string, node> nodes;
  int64_t commits = 0;
  size_t largest_commit_bytes = 0;

private:
  friend class memory_metadata_store;
  commit_result apply(const std::vector<store_write>& steps, memory_metadata_store* session);
  void drop_ephemeral(const memory_metadata_store* session);
  void report(const std::string& path, bool appeared_or_vanished);

  creation_id last_id_ = 0;
  std::set<memory_metadata_store*> sessions_;
};

class memory_metadata_store final : public metadata_store {
public:
  memory_metadata_store(memory_ensemble& ensemble, store_executor executor);
  ~memory_metadata_store() override;

  void start(store_events events) override;
  void close() override;
  void read(std::vector<std::string> paths, nodes_callback done) override;
  void list(std::string path, names_callback done) override;
  void commit(std::vector<store_write> steps, commit_callback done) override;
  void sync(sync_callback done) override;
  void watch(std::string path) override;
  void watch_children(std::string path) override;

  /// The connection breaks; the session and its ephemeral nodes stay.
  void disconnect();
  /// It is there again, for the same session.
  void reconnect();
  /// The session ends on the store's side and a new one follows.
  void expire();

private:
  friend class memory_ensemble;
  [[nodiscard]] fault no_session() const;
  commit_result lose_connection();
  void connected();
  void report(session_event event);

  memory_ensemble& ensemble_;
  store_executor executor_;
  store_events events_;
  std::set<std::string> watched_, watched_parents_;
  bool open_ = false, connected_ = false;
  bool broken_ = false;  ///< Until the commit that it broke is answered.
};

}  // namespace ottla
