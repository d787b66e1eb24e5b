#include "storage/metadata/zookeeper_metadata_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "storage/metadata/zookeeper_commit.hpp"
#include "storage/metadata/zookeeper_root.hpp"

namespace ottla {
namespace {

using status = commit_result::status;

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

/// Nodes of one read, gathered from answers on the client's threads.
class gathered_nodes {
public:
  gathered_nodes(std::vector<std::string> paths, metadata_store::nodes_callback done,
                 store_executor executor)
      : missing_(paths.size()), done_(std::move(done)), executor_(std::move(executor)) {
    nodes_.resize(paths.size());
    for (size_t i = 0; i < paths.size(); ++i) nodes_[i].path = std::move(paths[i]);
  }

  void set(size_t index, int code, stored_node node) {
    std::lock_guard lock{mutex_};
    if (code == ZOK) {
      node.path = std::move(nodes_[index].path);
      nodes_[index] = std::move(node);
    } else if (code != ZNONODE && !trouble_) {
      trouble_ = zookeeper_fault(code, nodes_[index].path);
    }
    if (--missing_ == 0) answer();
  }

private:
  void answer() {
    auto result = trouble_ ? outcome<std::vector<stored_node>>(std::move(*trouble_))
                           : outcome<std::vector<stored_node>>(std::move(nodes_));
    executor_([done = std::move(done_), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  }

  std::mutex mutex_;
  std::vector<stored_node> nodes_;
  size_t missing_;
  std::optional<fault> trouble_;
  metadata_store::nodes_callback done_;
  store_executor executor_;
};

class zookeeper_metadata_store final : public metadata_store {
public:
  zookeeper_metadata_store(zookeeper_options options, std::string servers, store_executor executor)
      : options_(std::move(options)),
        servers_(std::move(servers)),
        root_(options_.address.chroot + zookeeper_root_name),
        executor_(std::move(executor)) {}

  /// Before start().
  outcome<void> connect() {
    // A connection may break while the root is made; the client finds another by itself.
    constexpr int attempts_max = 3;
    OTTLA_TRY(open_session());
    outcome<void> ready;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
      if (!handle_->wait_until_connected(options_.connection_timeout_ms)) return {unreachable()};
      if (options_.digest && !is_authenticated_) {
        is_authenticated_ = handle_->authenticate(*options_.digest);
        if (!is_authenticated_) continue;
      }
      ready = prepare_zookeeper_root(*handle_, options_.address.chroot, acl());
      if (ready || ready.error().code != error_code::broker_not_available) return ready;
    }
    return ready ? outcome<void>(unreachable()) : ready;
  }

  // The session came up while the store was opened: its report waits with the executor, unless that
  // has run already.
  void start(store_events events) override {
    events_ = std::move(events);
    if (!is_connected_) return;
    executor_([link = std::weak_ptr<int>(link_), tell = events_.session] {
      if (!link.expired()) tell(session_event::connected);
    });
  }

  void close() override {
    if (is_closed_) return;
    is_closed_ = true;
    is_connected_ = false;
    link_.reset();
    handle_.reset();
  }

  void read(std::vector<std::string> paths, nodes_callback done) override {
    if (!is_connected_ || paths.empty()) {
      return answer(std::move(done),
                    is_connected_ ? outcome<std::vector<stored_node>>(std::vector<stored_node>{})
                                  : no_session());
    }
    auto count = paths.size();
    std::vector<std::string> absolute;
    for (const auto& path : paths) absolute.push_back(root_ + path);
    auto gathered = std::make_shared<gathered_nodes>(std::move(paths), std::move(done), executor_);
    for (size_t i = 0; i < count; ++i) {
      handle_->get(absolute[i], [gathered, i](int code, stored_node node) {
        gathered->set(i, code, std::move(node));
      });
    }
  }

  void list(std::string path, names_callback done) override {
    if (!is_connected_) return answer(std::move(done), no_session());
    handle_->children(path == "/" ? root_ : root_ + path, false,
                      [done = std::move(done), executor = executor_, path](
                          int code, std::vector<std::string> names) mutable {
                        outcome<std::vector<std::string>> result = std::move(names);
                        if (code == ZOK) std::ranges::sort(*result);
                        if (code != ZOK && code != ZNONODE) result = zookeeper_fault(code, path);
                        executor([done = std::move(done), result = std::move(result)]() mutable {
                          done(std::move(result));
                        });
                      });
  }

  // Making a multi, the client frees what it never set if a path is wrong or the session ends in
  // the middle. So paths are checked here, and nothing is handed to it without a connection: that
  // has to be lost first.
  void commit(std::vector<store_write> steps, commit_callback done) override {
    if (!is_connected_ || !handle_->is_connected()) {
      return answer(std::move(done), refused(no_session().message));
    }
    auto writing = std::make_shared<zookeeper_commit>(steps, root_, acl());
    if (writing->bytes() > commit_bytes_max) {
      return answer(std::move(done),
                    refused(fmt::format("a commit of {} bytes", writing->bytes())));
    }
    if (steps.empty()) return answer(std::move(done), commit_result{.what = status::committed});
    for (const auto& step : steps) {
      if (!is_zookeeper_path(step.path)) {
        return answer(std::move(done), refused(fmt::format("'{}' is not a path", step.path)));
      }
    }
    create_directories(steps);
    handle_->multi(writing->steps(), writing->results(),
                   [writing, done = std::move(done), executor = executor_](int code) mutable {
                     executor([done = std::move(done), result = writing->judge(code)]() mutable {
                       done(std::move(result));
                     });
                   });
  }

  void sync(sync_callback done) override {
    if (!is_connected_) return answer(std::move(done), outcome<void>(no_session()));
    handle_->sync(root_, [done = std::move(done), executor = executor_](int code) mutable {
      auto result = code == ZOK ? outcome<void>{} : zookeeper_fault(code, "sync");
      executor([done = std::move(done), result = std::move(result)]() mutable {
        done(std::move(result));
      });
    });
  }

  // A watch that could not be set went with its connection, and the owner watches anew after that.
  void watch(std::string path) override {
    if (!is_connected_) return;
    handle_->watch(root_ + path, [](int) {});
    watched_.insert(std::move(path));
  }

  void watch_children(std::string path) override {
    if (!is_connected_) return;
    create_directory(path);
    handle_->children(root_ + path, true, [](int, const std::vector<std::string>&) {});
    watched_parents_.insert(std::move(path));
  }

private:
  static commit_result refused(std::string why) {
    return {.what = status::refused, .message = std::move(why)};
  }
  [[nodiscard]] fault no_session() const {
    return {error_code::broker_not_available,
            fmt::format("ZooKeeper: {}{}", to_string(options_.address),
                        is_closed_ ? ": the session is closed" : ": there is no connection")};
  }
  [[nodiscard]] fault unreachable() const {
    return {error_code::broker_not_available,
            fmt::format("no ZooKeeper server of zookeeper.connect={} answers within {} ms",
                        to_string(options_.address), options_.connection_timeout_ms)};
  }
  [[nodiscard]] const ACL_vector& acl() const {
    return options_.creator_only ? ZOO_CREATOR_ALL_ACL : ZOO_OPEN_ACL_UNSAFE;
  }

  template <class Callback, class Result>
  void answer(Callback done, Result result) {
    executor_([done = std::move(done), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  }

  // Whatever the threads of an earlier handle still bring finds its link gone.
  outcome<void> open_session() {
    link_ = std::make_shared<int>();
    auto hand_over = [link = std::weak_ptr<int>(link_), executor = executor_](auto task) {
      executor([link, task] {
        if (!link.expired()) task();
      });
    };
    auto opened = zookeeper_handle::open(
        servers_, options_.session_timeout_ms,
        [this, hand_over](int state) { hand_over([this, state] { session_came(state); }); },
        [this, hand_over](int event, const std::string& path) {
          hand_over([this, event, path] { watch_came(event, path.substr(root_.size())); });
        });
    if (!opened) return {opened.error()};
    is_authenticated_ = false;
    handle_ = std::move(*opened);
    return {};
  }

  // Reported last, because the owner may do anything then, and at once: what failed with the
  // connection is queued behind this.
  void session_came(int state) {
    bool was_connected = std::exchange(is_connected_, false);
    auto event = session_event::disconnected;
    if (state == ZOO_CONNECTED_STATE) {
      if (!connected()) return;  // It is gone again: the next one brings us here.
      event = session_event::connected;
    } else if (state == ZOO_EXPIRED_SESSION_STATE || state == ZOO_AUTH_FAILED_STATE) {
      event = session_event::expired;
      link_.reset();
      handle_.reset();
      // An identity that is refused would be refused again: that needs a person.
      if (state == ZOO_EXPIRED_SESSION_STATE) (void)open_session();
    } else if (!was_connected) {
      return;
    }
    if (events_.session) events_.session(event);
  }

  bool connected() {
    if (options_.digest && !is_authenticated_) {
      is_authenticated_ = handle_->authenticate(*options_.digest);
      if (!is_authenticated_) return false;
    }
    is_connected_ = true;
    directories_.clear();
    watched_.clear();
    watched_parents_.clear();
    return true;
  }

  void watch_came(int event, const std::string& path) {
    bool is_list = event == ZOO_CHILD_EVENT;
    if (is_list ? watched_parents_.erase(path) > 0 : watched_.erase(path) > 0) {
      events_.changed(path);
    }
  }

  // ZooKeeper wants parents to exist. They go ahead of the commit on the same connection, and so
  // are there when it arrives; that they may exist already is what one expects.
  void create_directories(const std::vector<store_write>& steps) {
    std::set<std::string> own;
    for (const auto& step : steps) {
      if (step.what == store_write::kind::remove) directories_.erase(step.path);
      if (step.what != store_write::kind::create &&
          step.what != store_write::kind::create_ephemeral) {
        continue;
      }
      own.insert(step.path);
      if (auto parent = parent_of(step.path); !own.contains(parent)) create_directory(parent);
    }
  }

  void create_directory(const std::string& path) {
    if (path.empty() || !directories_.insert(path).second) return;
    create_directory(parent_of(path));
    handle_->create(root_ + path, "", acl(), [](int) {});
  }

  zookeeper_options options_;
  std::string servers_;
  std::string root_;
  store_executor executor_;
  store_events events_;
  std::shared_ptr<int> link_;  ///< As long as the handle.
  bool is_connected_ = false, is_authenticated_ = false, is_closed_ = false;
  std::set<std::string> directories_;  ///< Made or seen since the connection came up.
  std::set<std::string> watched_, watched_parents_;
  std::unique_ptr<zookeeper_handle> handle_;
};

}  // namespace

outcome<std::unique_ptr<metadata_store>> open_zookeeper_metadata_store(zookeeper_options options,
                                                                       store_executor executor) {
  auto servers = client_server_list(options.address);
  if (!servers) return servers.error();
  auto store = std::make_unique<zookeeper_metadata_store>(std::move(options), std::move(*servers),
                                                          std::move(executor));
  if (auto ready = store->connect(); !ready) return ready.error();
  return std::unique_ptr<metadata_store>(std::move(store));
}

}  // namespace ottla
