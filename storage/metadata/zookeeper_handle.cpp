#include "storage/metadata/zookeeper_handle.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace ottla {
namespace {

void say_nothing(const char*) {}

// What cannot be sent is answered at once; the client forgets it.
void finish_unsent(int code, const void* data) {
  if (code != ZOK) zookeeper_calls::give_up(data, code);
}

void code_came(int code, const void* data) {
  zookeeper_calls::answer(data, code);
}
void stat_came(int code, const Stat*, const void* data) {
  code_came(code, data);
}
void text_came(int code, const char*, const void* data) {
  code_came(code, data);
}

void node_came(int code, const char* value, int size, const Stat* stat, const void* data) {
  stored_node node;
  if (code == ZOK) {
    node.value = shared_bytes::copy_of(
        std::string_view{value, value == nullptr || size < 0 ? 0 : static_cast<size_t>(size)});
    node.version = stat->version;
    node.created = stat->czxid;
  }
  zookeeper_calls::answer(data, code, std::move(node));
}

void names_came(int code, const String_vector* names, const void* data) {
  std::vector<std::string> result;
  if (code == ZOK && names != nullptr) result.assign(names->data, names->data + names->count);
  zookeeper_calls::answer(data, code, std::move(result));
}

}  // namespace

fault zookeeper_fault(int code, const std::string& what) {
  auto kind = error_code::kafka_storage_error;
  if (code == ZNOAUTH || code == ZAUTHFAILED) kind = error_code::cluster_authorization_failed;
  if (is_unknown_outcome(code)) kind = error_code::broker_not_available;
  return {kind, fmt::format("ZooKeeper: {}: {}", what, zerror(code))};
}

// Errors above ZAPIERROR are the client's or the connection's own; those below are answers, but for
// the ends of a session.
bool is_unknown_outcome(int code) {
  return (code < ZOK && code > ZAPIERROR) || code == ZSESSIONEXPIRED || code == ZCLOSING ||
         code == ZSESSIONMOVED;
}

outcome<std::unique_ptr<zookeeper_handle>> zookeeper_handle::open(const std::string& servers,
                                                                  int32_t session_timeout_ms,
                                                                  session_function on_session,
                                                                  watch_function on_watch) {
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  std::unique_ptr<zookeeper_handle> self(
      new zookeeper_handle(std::move(on_session), std::move(on_watch)));
  self->client_ = zookeeper_init2(servers.c_str(), session_came, session_timeout_ms, nullptr,
                                  self.get(), ZOO_NO_LOG_CLIENTENV, say_nothing);
  if (self->client_ == nullptr) {
    return fault{
        error_code::broker_not_available,
        fmt::format("the ZooKeeper client cannot use {}: {}", servers, std::strerror(errno)),
        errno};
  }
  // Without this it resolves all names at every turn of its loop; now only when it reconnects.
  zoo_set_servers_resolution_delay(self->client_, -1);
  return self;
}

zookeeper_handle::~zookeeper_handle() {
  if (client_ != nullptr) zookeeper_close(client_);
  calls_.give_up_all(ZCLOSING);
}

void zookeeper_handle::session_came(zhandle_t*, int type, int state, const char*, void* self) {
  auto& handle = *static_cast<zookeeper_handle*>(self);
  if (type != ZOO_SESSION_EVENT) return;
  {
    std::lock_guard lock{handle.mutex_};
    handle.state_ = state;
  }
  handle.changed_.notify_all();
  handle.on_session_(state);
}

// The client tells every watch about the session as well.
void zookeeper_handle::watch_came(zhandle_t*, int type, int, const char* path, void* self) {
  if (type == ZOO_SESSION_EVENT || type == ZOO_NOTWATCHING_EVENT || path == nullptr) return;
  static_cast<zookeeper_handle*>(self)->on_watch_(type, path);
}

bool zookeeper_handle::wait_until_connected(int32_t timeout_ms) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, std::chrono::milliseconds{timeout_ms}, [this] {
    return state_ == ZOO_CONNECTED_STATE || state_ == ZOO_EXPIRED_SESSION_STATE ||
           state_ == ZOO_AUTH_FAILED_STATE;
  });
  return state_ == ZOO_CONNECTED_STATE;
}

bool zookeeper_handle::authenticate(const std::string& user_and_password) {
  return zoo_add_auth(client_, "digest", user_and_password.data(),
                      static_cast<int>(user_and_password.size()), nullptr, nullptr) == ZOK;
}

void zookeeper_handle::get(const std::string& path, node_function done) {
  const auto* data = calls_.keep(std::move(done), stored_node{});
  finish_unsent(zoo_aget(client_, path.c_str(), 0, node_came, data), data);
}

void zookeeper_handle::children(const std::string& path, bool watch, names_function done) {
  const auto* data = calls_.keep(std::move(done), std::vector<std::string>{});
  finish_unsent(zoo_awget_children(client_, path.c_str(), watch ? watch_came : nullptr, this,
                                   names_came, data),
                data);
}

void zookeeper_handle::watch(const std::string& path, code_function done) {
  const auto* data = calls_.keep(std::move(done));
  finish_unsent(zoo_awexists(client_, path.c_str(), watch_came, this, stat_came, data), data);
}

void zookeeper_handle::create(const std::string& path, std::string_view value,
                              const ACL_vector& acl, code_function done) {
  const auto* data = calls_.keep(std::move(done));
  finish_unsent(zoo_acreate(client_, path.c_str(), value.data(), static_cast<int>(value.size()),
                            &acl, ZOO_PERSISTENT, text_came, data),
                data);
}

void zookeeper_handle::sync(const std::string& path, code_function done) {
  const auto* data = calls_.keep(std::move(done));
  finish_unsent(zoo_async(client_, path.c_str(), text_came, data), data);
}

void zookeeper_handle::multi(const std::vector<zoo_op_t>& steps, zoo_op_result_t* results,
                             code_function done) {
  const auto* data = calls_.keep(std::move(done));
  finish_unsent(
      zoo_amulti(client_, static_cast<int>(steps.size()), steps.data(), results, code_came, data),
      data);
}

}  // namespace ottla
