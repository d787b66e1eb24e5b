// What open dashboards watch: one answer of the API per channel, asked anew each second while
// somebody watches it, passed on only where it has changed.
//
// A channel is asked once, however many watch. Without watchers there is no timer. On the server's
// thread only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "admin-ui/server/problem.hpp"

namespace ottla {

struct server_core;
class admin_backend;

/// Whoever watches a channel.
class event_watcher {
public:
  virtual ~event_watcher() = default;
  /// channel_state::version has grown.
  virtual void channel_changed() = 0;
};

/// The newest that is known of a channel.
struct channel_state {
  uint64_t version = 0;  ///< 0: nothing is known yet.
  boost::json::object whole;
  std::string text;   ///< Of `whole`.
  std::string delta;  ///< What the last version changed, by top-level field; empty: see `text`.
  std::optional<problem> trouble;  ///< Instead of all that.
};

/// Takes the answer into the state. Whether that is a new version.
bool take_answer(channel_state& state, outcome<boost::json::object> answer);

using channel_answer = std::function<void(outcome<boost::json::object>)>;
/// Asks what a channel shows: "overview", "brokers", "traffic", "topic:NAME" or "group:NAME". False
/// if there is no such channel.
bool ask_channel(admin_backend& backend, const std::string& channel, channel_answer reply);

class event_hub {
public:
  explicit event_hub(server_core& core);

  /// The channel's state, which stays at its place until forget(). Null if there is no such
  /// channel.
  const channel_state* watch(const std::string& channel, event_watcher& watcher);
  void forget(const std::string& channel, event_watcher& watcher);
  void stop() { timer_.cancel(); }

private:
  struct channel {
    channel_state state;
    std::multiset<event_watcher*> watchers;
    bool is_asking = false;
  };
  using channel_ptr = std::shared_ptr<channel>;

  bool refresh(const std::string& name, const channel_ptr& which);
  void arm();

  server_core& core_;
  std::map<std::string, channel_ptr> channels_;
  boost::asio::steady_timer timer_;
  bool is_armed_ = false;
};

}  // namespace ottla
