// Where the tests of metadata stores keep their data: one kind of place per store.
//
// One suite is built twice: for the stores that need nothing, and for ZooKeeper with its servers.
// EVERY_STORE names the places of a build, SHARED_STORE those that several sessions can use at once
// and whose connections can be broken.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "storage/metadata/sqlite_metadata_store.hpp"
#include "storage/metadata/zookeeper_metadata_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_metadata_store.hpp"
#include "tests/support/task_queue.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/zookeeper_proxy.hpp"
#include "tests/support/zookeeper_server.hpp"

namespace ottla {

class sqlite_place {
public:
  std::unique_ptr<metadata_store> open(store_executor executor) {
    auto store = open_sqlite_metadata_store(path(), std::move(executor));
    REQUIRE(store);
    return std::move(*store);
  }
  [[nodiscard]] std::string path() const { return directory_.path() + "/" + embedded_store_file; }

private:
  temporary_directory directory_;
};

class memory_place {
public:
  std::unique_ptr<metadata_store> open(store_executor executor) {
    auto store = ensemble_.connect(std::move(executor));
    last_ = store.get();
    return store;
  }
  /// The next commit is never applied, or is, and its answer is lost with the connection.
  void lose_request() { lose(commit_fate::lost_request); }
  void lose_answer() { lose(commit_fate::lost_answer); }
  /// Breaks the connection of the session opened last, until mend().
  void cut() { last_->disconnect(); }
  void mend() { last_->reconnect(); }
  /// Lets its session expire.
  void expire() { last_->expire(); }

private:
  void lose(commit_fate what) {
    ensemble_.fate = [this, what](const auto&) {
      ensemble_.fate = nullptr;
      return what;
    };
  }

  memory_ensemble ensemble_;
  memory_metadata_store* last_ = nullptr;
};

/// A chroot of its own on the servers that all cases share, behind a proxy.
class zookeeper_place {
public:
  /// Ends the program as skipped if there is no ZooKeeper here.
  static zookeeper_servers& servers() {
    if (auto why = zookeeper_is_missing()) {
      std::printf("skipped, needs ZooKeeper's server: %s\n", why->c_str());
      std::fflush(stdout);
      constexpr int skipped = 77;
      std::_Exit(skipped);
    }
    static zookeeper_servers all;
    return all;
  }

  zookeeper_place() : proxy_(servers().port()), chroot_(fmt::format("/place-{}", ++places())) {}

  [[nodiscard]] zookeeper_options options() const {
    return {.address = *parse_zookeeper_connect(proxy_.connect() + chroot_),
            .session_timeout_ms = session_timeout_ms};
  }
  std::unique_ptr<metadata_store> open(store_executor executor) {
    auto store = open_zookeeper_metadata_store(options(), std::move(executor));
    if (!store) FAIL(store.error().message);
    return std::move(*store);
  }
  [[nodiscard]] const std::string& chroot() const { return chroot_; }

  void lose_request() { proxy_.next_multi(zookeeper_proxy::fate::lost_request); }
  void lose_answer() { proxy_.next_multi(zookeeper_proxy::fate::lost_answer); }
  void cut() { proxy_.cut(true); }
  void mend() { proxy_.unblock(); }
  void expire() {
    proxy_.cut(true);  // Or the client would come back at once and take its session back.
    proxy_.end_session();
    proxy_.unblock();
  }

private:
  static constexpr int32_t session_timeout_ms = 9000;
  static int& places() {
    static int count = 0;
    return count;
  }

  zookeeper_proxy proxy_;
  std::string chroot_;
};

#ifdef OTTLA_TEST_ZOOKEEPER
#define EVERY_STORE zookeeper_place
#define SHARED_STORE zookeeper_place
#else
#define EVERY_STORE sqlite_place, memory_place
#define SHARED_STORE memory_place
#endif

/// A session with calls that wait for their answer.
class store_session {
public:
  template <class Place>
  explicit store_session(Place& place) : store_(place.open(tasks_.executor())) {
    store_->start({.session = [this](session_event event) { events.push_back(event); },
                   .changed = [this](const std::string& path) { changed.push_back(path); }});
    REQUIRE(wait([this] { return is_connected(); }));
  }
  ~store_session() { store_->close(); }
  store_session(const store_session&) = delete;
  store_session& operator=(const store_session&) = delete;

  commit_result commit(std::vector<store_write> steps) {
    std::optional<commit_result> answer;
    store_->commit(std::move(steps), [&](commit_result result) { answer = std::move(result); });
    CHECK(!answer);  // Never inside the call.
    REQUIRE(wait([&] { return answer.has_value(); }));
    return *answer;
  }
  outcome<std::vector<stored_node>> try_read(std::vector<std::string> paths) {
    std::optional<outcome<std::vector<stored_node>>> answer;
    store_->read(std::move(paths), [&](auto result) { answer = std::move(result); });
    REQUIRE(wait([&] { return answer.has_value(); }));
    return std::move(*answer);
  }
  std::vector<stored_node> read_all(std::vector<std::string> paths) {
    auto nodes = try_read(std::move(paths));
    REQUIRE(nodes);
    return std::move(*nodes);
  }
  stored_node read(const std::string& path) { return read_all({path}).front(); }
  std::vector<std::string> list(const std::string& path) {
    std::optional<outcome<std::vector<std::string>>> answer;
    store_->list(path, [&](auto result) { answer = std::move(result); });
    REQUIRE(wait([&] { return answer.has_value(); }));
    REQUIRE(*answer);
    return **answer;
  }
  bool sync() {
    std::optional<outcome<void>> answer;
    store_->sync([&](auto result) { answer = std::move(result); });
    REQUIRE(wait([&] { return answer.has_value(); }));
    return static_cast<bool>(*answer);
  }
  /// What follows an unknown outcome, before the nodes are read again.
  void settle() {
    do {
      REQUIRE(wait([this] { return is_connected(); }));
    } while (!sync());
  }

  [[nodiscard]] bool is_connected() const {
    return !events.empty() && events.back() == session_event::connected;
  }
  template <class Predicate>
  bool wait(Predicate done) {
    return tasks_.run_until(done);
  }
  metadata_store& store() { return *store_; }

  std::vector<session_event> events;
  std::vector<std::string> changed;

private:
  task_queue tasks_;
  std::unique_ptr<metadata_store> store_;
};

// Steps of commits.
inline store_write step(store_write::kind what, std::string path, node_version version,
                        std::string_view value) {
  return {.what = what,
          .path = std::move(path),
          .version = version,
          .value = shared_bytes::copy_of(value)};
}
inline store_write create(std::string path, std::string_view value = "") {
  return step(store_write::kind::create, std::move(path), any_version, value);
}
inline store_write set(std::string path, node_version version, std::string_view value) {
  return step(store_write::kind::set, std::move(path), version, value);
}
inline store_write check(std::string path, node_version version) {
  return step(store_write::kind::check, std::move(path), version, "");
}
inline store_write remove(std::string path, node_version version = any_version) {
  return step(store_write::kind::remove, std::move(path), version, "");
}
inline store_write ephemeral(std::string path, std::string_view value = "") {
  return step(store_write::kind::create_ephemeral, std::move(path), any_version, value);
}

inline std::string text_of(const stored_node& node) {
  return std::string(as_text(node.value.view()));
}

}  // namespace ottla
