#include "tests/support/memory_metadata_store.hpp"

#include <algorithm>
#include <utility>

namespace ottla {
namespace {

using kind = store_write::kind;
using status = commit_result::status;

bool creates(const store_write& step) {
  return step.what == kind::create || step.what == kind::create_ephemeral;
}

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

std::unique_ptr<memory_metadata_store> memory_ensemble::connect(store_executor executor) {
  return std::make_unique<memory_metadata_store>(*this, std::move(executor));
}

commit_result memory_ensemble::apply(const std::vector<store_write>& steps,
                                     memory_metadata_store* session) {
  size_t bytes = 0;
  for (const auto& step : steps) bytes += step_bytes(step);
  if (bytes > commit_bytes_max) return {.what = status::refused, .message = "too large"};
  auto fated = fate ? fate(steps) : commit_fate::normal;
  if (fated == commit_fate::refused) return {.what = status::refused, .message = "told to"};
  if (fated == commit_fate::lost_request) return session->lose_connection();
  auto changed = nodes;  // Steps see the effect of earlier ones, and all of them vanish together.
  auto id = last_id_ + 1;
  for (size_t at = 0; at < steps.size(); ++at) {
    const auto& step = steps[at];
    auto found = changed.find(step.path);
    bool exists = found != changed.end();
    bool fits = creates(step) ? !exists
                              : exists && (step.version == any_version ||
                                           step.version == found->second.version);
    if (!fits) return {.what = status::conflict, .conflicting_step = at, .message = step.path};
    if (creates(step)) {
      changed[step.path] = {step.value, 0, id,
                            step.what == kind::create_ephemeral ? session : nullptr};
    } else if (step.what == kind::set) {
      found->second.value = step.value;
      ++found->second.version;
    } else if (step.what == kind::remove) {
      changed.erase(found);
    }
  }
  nodes = std::move(changed);
  last_id_ = id;
  ++commits;
  largest_commit_bytes = std::max(largest_commit_bytes, bytes);
  for (const auto& step : steps) {
    if (step.what != kind::check) report(step.path, step.what != kind::set);
  }
  if (fated == commit_fate::lost_answer) return session->lose_connection();
  return {.what = status::committed, .id = id};
}

void memory_ensemble::report(const std::string& path, bool appeared_or_vanished) {
  auto parent = parent_of(path);
  for (auto* session : sessions_) {
    if (!session->connected_) continue;
    auto tell = [&](const std::string& what) {
      session->executor_([changed = session->events_.changed, what] { changed(what); });
    };
    if (session->watched_.erase(path) > 0) tell(path);
    if (appeared_or_vanished && session->watched_parents_.erase(parent) > 0) tell(parent);
  }
}

void memory_ensemble::drop_ephemeral(const memory_metadata_store* session) {
  std::vector<std::string> gone;
  for (const auto& [path, held] : nodes) {
    if (held.owner == session) gone.push_back(path);
  }
  for (const auto& path : gone) {
    nodes.erase(path);
    report(path, true);
  }
}

memory_metadata_store::memory_metadata_store(memory_ensemble& ensemble, store_executor executor)
    : ensemble_(ensemble), executor_(std::move(executor)) {
  ensemble_.sessions_.insert(this);
}

memory_metadata_store::~memory_metadata_store() {
  close();
  ensemble_.sessions_.erase(this);
}

void memory_metadata_store::start(store_events events) {
  events_ = std::move(events);
  open_ = true;
  connected();
}

void memory_metadata_store::close() {
  if (!open_) return;
  open_ = connected_ = false;
  ensemble_.drop_ephemeral(this);
}

void memory_metadata_store::report(session_event event) {
  executor_([report = events_.session, event] { report(event); });
}

void memory_metadata_store::connected() {
  connected_ = true;
  watched_.clear();
  watched_parents_.clear();
  report(session_event::connected);
}

void memory_metadata_store::disconnect() {
  if (!std::exchange(connected_, false)) return;
  report(session_event::disconnected);
}

commit_result memory_metadata_store::lose_connection() {
  disconnect();
  broken_ = true;
  return {.what = status::unknown, .message = "told to"};
}

void memory_metadata_store::reconnect() {
  if (open_ && !connected_) connected();
}

void memory_metadata_store::watch(std::string path) {
  if (connected_) watched_.insert(std::move(path));
}

void memory_metadata_store::watch_children(std::string path) {
  if (connected_) watched_parents_.insert(std::move(path));
}

void memory_metadata_store::expire() {
  if (!open_) return;
  ensemble_.drop_ephemeral(this);
  report(session_event::expired);
  connected();
}

fault memory_metadata_store::no_session() const {
  return {error_code::broker_not_available,
          open_ ? "there is no connection" : "the store is closed"};
}

void memory_metadata_store::read(std::vector<std::string> paths, nodes_callback done) {
  outcome<std::vector<stored_node>> result = std::vector<stored_node>{};
  if (!connected_) result = no_session();
  for (size_t at = 0; result && at < paths.size(); ++at) {
    stored_node node{.path = paths[at]};
    if (auto found = ensemble_.nodes.find(paths[at]); found != ensemble_.nodes.end()) {
      node.value = found->second.value;
      node.version = found->second.version;
      node.created = found->second.created;
    }
    result->push_back(std::move(node));
  }
  executor_([done = std::move(done), result = std::move(result)] { done(result); });
}

void memory_metadata_store::list(std::string path, names_callback done) {
  outcome<std::vector<std::string>> result = std::vector<std::string>{};
  if (!connected_) result = no_session();
  for (const auto& [name, node] : ensemble_.nodes) {
    if (result && parent_of(name) == path) result->push_back(name.substr(path.size() + 1));
  }
  executor_([done = std::move(done), result = std::move(result)] { done(result); });
}

void memory_metadata_store::commit(std::vector<store_write> steps, commit_callback done) {
  auto result = connected_
                    ? ensemble_.apply(steps, this)
                    : commit_result{.what = status::refused, .message = no_session().message};
  executor_([done = std::move(done), result] { done(result); });
  if (std::exchange(broken_, false)) reconnect();
}

void memory_metadata_store::sync(sync_callback done) {
  executor_([done = std::move(done), works = connected_, why = no_session()] {
    done(works ? outcome<void>{} : outcome<void>{why});
  });
}

}  // namespace ottla
