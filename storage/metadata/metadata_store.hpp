// The seam between the cluster and what remembers it: a small tree of versioned nodes.
//
// The model is ZooKeeper's, cut down to what is needed: zookeeper_metadata_store for a cluster,
// sqlite_metadata_store keeps it in a file for a node without one. A store belongs to one owner:
// every call comes from the owner's thread, and every callback and event is handed to the owner's
// executor, never run inside a call. Calls may block the owner for the time of a disk write.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

/// Counts the changes of a node since its creation, which is version 0.
using node_version = int32_t;
inline constexpr node_version any_version = -1;     ///< In a write: do not compare.
inline constexpr node_version absent_version = -1;  ///< In an answer: there is no such node.

/// Names the commit that created a node; later ones are greater, over all sessions and restarts.
/// That of a broker's registration is its broker epoch.
using creation_id = int64_t;

/// A commit of several steps should stay below this many bytes of paths and values; a bigger change
/// is a sequence of commits, each valid alone.
inline constexpr size_t commit_bytes_target = size_t{512} * 1024;
/// Stores refuse a commit above this (ZooKeeper's packets end at 1 MiB).
inline constexpr size_t commit_bytes_max = 1'000'000;

struct stored_node {
  std::string path;
  shared_bytes value;
  node_version version = absent_version;
  creation_id created = 0;
  [[nodiscard]] bool exists() const { return version != absent_version; }
};

/// One step of a commit. `version` is compared with the node's before anything is written.
struct store_write {
  enum class kind : uint8_t {
    check,             ///< The node exists, with `version`.
    create,            ///< The node does not exist; it will, with version 0.
    create_ephemeral,  ///< The same, and it vanishes with the session that created it.
    set,               ///< Replaces the value; the version rises by one.
    remove
  };
  kind what = kind::check;
  std::string path;
  node_version version = any_version;
  shared_bytes value;
};

struct commit_result {
  enum class status : uint8_t {
    committed,
    conflict,  ///< A step does not fit what is stored; nothing was written.
    refused,   ///< Nothing was written: no session, disk full, too large.
    unknown    ///< Written or not: sync() and read before going on.
  };
  status what = status::refused;
  size_t conflicting_step = 0;  ///< Of a conflict: which step did not fit.
  creation_id id = 0;           ///< Of the nodes that this commit created, when it is committed.
  std::string message;          ///< For people, unless committed.
  [[nodiscard]] bool committed() const { return what == status::committed; }
};

enum class session_event : uint8_t {
  connected,     ///< Reads and commits go through. Comes once after start(), and after an outage.
  disconnected,  ///< They will not for now; ephemeral nodes stay until the session expires.
  expired        ///< Over for good: ephemeral nodes are gone. A new session follows with connected.
};

/// What a store reports by itself.
struct store_events {
  std::function<void(session_event)> session;
  /// A watched node, or list of children, changed. One report per watch: read, and watch again.
  std::function<void(const std::string& path)> changed;
};

/// Runs a function later on the owner's thread, in the order given. Callable from any thread.
using store_executor = std::function<void(std::function<void()>)>;

/// Paths are "/name" or "/directory/name". A directory needs no making, and whether it can be read
/// by itself is the store's matter: nobody writes or removes it.
///
/// Every call is answered exactly once. Without a session (before the first `connected`, after
/// `disconnected` or `expired`) reads fail and commits are refused; what was under way when the
/// connection broke fails after that was reported, and a commit ends as unknown. Settling an
/// unknown commit is the same everywhere: wait for `connected`, sync(), read what it would have
/// changed.
class metadata_store {
public:
  using nodes_callback = std::function<void(outcome<std::vector<stored_node>>)>;
  using names_callback = std::function<void(outcome<std::vector<std::string>>)>;
  using commit_callback = std::function<void(commit_result)>;
  using sync_callback = std::function<void(outcome<void>)>;

  virtual ~metadata_store() = default;

  /// Opens a session. Call once, before everything else.
  virtual void start(store_events events) = 0;
  /// Ends the session: its ephemeral nodes vanish at once. Later calls are refused.
  virtual void close() = 0;

  /// The nodes at `paths`, in that order; absent ones have absent_version. They need not be of one
  /// moment.
  virtual void read(std::vector<std::string> paths, nodes_callback done) = 0;
  /// Names of the nodes directly below `path` ("/brokers/1" is "1" below "/brokers"), sorted.
  virtual void list(std::string path, names_callback done) = 0;
  /// All steps or none, durable once reported as committed. Commits happen in the order of the
  /// calls.
  virtual void commit(std::vector<store_write> steps, commit_callback done) = 0;
  /// Reads that start after this was reported see everything committed before it, by anybody.
  virtual void sync(sync_callback done) = 0;

  /// Reports the next creation, change or removal of the node once. A watch ends with the next
  /// `connected`: then watch anew and read. Set a watch before reading, and nothing is missed. A
  /// change by a commit of this session is reported before its answer.
  virtual void watch(std::string path) = 0;
  /// Reports the next creation or removal directly below `path` once; ends in the same way.
  virtual void watch_children(std::string path) = 0;
};

/// Bytes of a step against commit_bytes_target and commit_bytes_max, with what goes around it on
/// its way to the store.
inline size_t step_bytes(const store_write& step) {
  constexpr size_t frame_bytes = 64;
  return step.path.size() + step.value.size() + frame_bytes;
}

}  // namespace ottla
