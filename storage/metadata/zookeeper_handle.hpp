// One session of the ZooKeeper C client, for the sources of this folder only.
//
// The client has two threads per handle. What it calls back here only packs the result and calls
// the given function, on one of those threads (or inside close, or inside the call when it cannot
// even be sent). Each function is called exactly once. Paths are absolute: no chroot of the client.
#pragma once

#include <zookeeper/zookeeper.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "protocol/outcome.hpp"
#include "storage/metadata/metadata_store.hpp"
#include "storage/metadata/zookeeper_calls.hpp"

namespace ottla {

/// A fault with the client's own words for its return code.
fault zookeeper_fault(int code, const std::string& what);
/// Whether the request may have been carried out although `code` came back.
bool is_unknown_outcome(int code);

class zookeeper_handle {
public:
  /// A state of the session: ZOO_CONNECTED_STATE and its like.
  using session_function = std::function<void(int state)>;
  /// A watch fired: ZOO_CHANGED_EVENT and its like.
  using watch_function = std::function<void(int event, const std::string& path)>;
  using code_function = std::function<void(int code)>;
  using node_function = std::function<void(int code, stored_node)>;
  using names_function = std::function<void(int code, std::vector<std::string>)>;

  /// `servers` as client_server_list() makes them. Connecting goes on in the background.
  static outcome<std::unique_ptr<zookeeper_handle>> open(const std::string& servers,
                                                         int32_t session_timeout_ms,
                                                         session_function on_session,
                                                         watch_function on_watch);
  /// Ends the session; unanswered requests end with ZCLOSING. May block for a few seconds if the
  /// server hangs.
  ~zookeeper_handle();
  zookeeper_handle(const zookeeper_handle&) = delete;
  zookeeper_handle& operator=(const zookeeper_handle&) = delete;

  [[nodiscard]] bool is_connected() const { return zoo_state(client_) == ZOO_CONNECTED_STATE; }
  /// Waits for a connection; false if there was none in time, or there never will be.
  bool wait_until_connected(int32_t timeout_ms);
  /// Identifies this and all later connections of the session by "user:password". False: there is
  /// no connection just now.
  bool authenticate(const std::string& user_and_password);

  void get(const std::string& path, node_function done);
  void children(const std::string& path, bool watch, names_function done);
  /// Sets a watch on the existence and the value of a node.
  void watch(const std::string& path, code_function done);
  void create(const std::string& path, std::string_view value, const ACL_vector& acl,
              code_function done);
  void sync(const std::string& path, code_function done);
  /// `results` must live until `done`.
  void multi(const std::vector<zoo_op_t>& steps, zoo_op_result_t* results, code_function done);

private:
  zookeeper_handle(session_function on_session, watch_function on_watch)
      : on_session_(std::move(on_session)), on_watch_(std::move(on_watch)) {}
  static void session_came(zhandle_t* client, int type, int state, const char* path, void* self);
  static void watch_came(zhandle_t* client, int type, int state, const char* path, void* self);

  session_function on_session_;
  watch_function on_watch_;
  zookeeper_calls calls_;
  zhandle_t* client_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  int state_ = 0;  ///< The last one reported; guarded.
};

}  // namespace ottla
