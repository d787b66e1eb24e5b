#include "admin-ui/server/event_hub.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include "admin-ui/server/server_core.hpp"
#include "admin-ui/server/view_json.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

/// When it was asked: that alone is no news.
constexpr std::string_view clock_field = "asOf";

template <class T>
admin_reply<T> as_json(channel_answer reply) {
  return admin_reply<T>{[reply = std::move(reply)](outcome<T> answer) {
    if (!answer) return reply(std::move(answer.error()));
    reply(to_json(*answer));
  }};
}

/// The fields of `now` that `before` does not have alike; nothing if there is no news.
std::optional<json::object> changes(const json::object& before, const json::object& now) {
  json::object changed;
  bool is_news = before.size() != now.size();
  for (const auto& each : now) {
    const auto* old = before.if_contains(each.key());
    if (old != nullptr && *old == each.value()) continue;
    changed.emplace(each.key(), each.value());
    is_news = is_news || each.key() != clock_field;
  }
  if (!is_news) return std::nullopt;
  return changed;
}

bool is_same(const std::optional<problem>& before, const problem& now) {
  return before && before->type == now.type && before->detail == now.detail;
}

}  // namespace

bool take_answer(channel_state& state, outcome<json::object> answer) {
  if (!answer) {
    auto trouble = problem_of(answer.error());
    if (is_same(state.trouble, trouble)) return false;
    state = {.version = state.version + 1, .trouble = std::move(trouble)};
    return true;
  }
  const bool is_fresh = state.version == 0 || state.trouble;
  auto changed = changes(state.whole, *answer);
  if (!is_fresh && !changed) return false;
  // A field that is gone cannot be told by what is there.
  const bool is_whole = is_fresh || state.whole.size() != answer->size();
  state.delta = is_whole ? "" : json::serialize(*changed);
  state.text = json::serialize(*answer);
  state.whole = std::move(*answer);
  state.trouble.reset();
  ++state.version;
  return true;
}

bool ask_channel(admin_backend& backend, const std::string& channel, channel_answer reply) {
  const auto colon = channel.find(':');
  const auto kind = channel.substr(0, colon);
  if (colon == std::string::npos) {
    if (kind == "overview") return backend.cluster(as_json<cluster_view>(std::move(reply))), true;
    if (kind == "brokers") return backend.brokers(as_json<brokers_view>(std::move(reply))), true;
    if (kind == "traffic") return backend.traffic(as_json<traffic_view>(std::move(reply))), true;
    return false;
  }
  const auto name = channel.substr(colon + 1);
  if (kind == "topic") return backend.topic(name, as_json<topic_view>(std::move(reply))), true;
  if (kind == "group") return backend.group(name, as_json<group_detail>(std::move(reply))), true;
  return false;
}

event_hub::event_hub(server_core& core) : core_(core), timer_(core.context) {}

const channel_state* event_hub::watch(const std::string& name, event_watcher& watcher) {
  auto& place = channels_[name];
  const bool is_new = !place;
  if (is_new) place = std::make_shared<channel>();
  const auto which = place;
  which->watchers.insert(&watcher);
  if (is_new && !refresh(name, which)) {
    channels_.erase(name);
    return nullptr;
  }
  arm();
  return &which->state;
}

void event_hub::forget(const std::string& name, event_watcher& watcher) {
  auto place = channels_.find(name);
  if (place == channels_.end()) return;
  auto& watchers = place->second->watchers;
  if (auto found = watchers.find(&watcher); found != watchers.end()) watchers.erase(found);
  if (watchers.empty()) channels_.erase(place);
  if (channels_.empty()) timer_.cancel();
}

bool event_hub::refresh(const std::string& name, const channel_ptr& which) {
  if (which->is_asking) return true;
  which->is_asking = true;
  std::weak_ptr<channel> weak = which;
  // The core lives until the answer is there: the channel need not.
  auto answered = [core = core_.shared_from_this(), weak](outcome<json::object> answer) {
    boost::asio::post(core->context, [weak, answer = std::move(answer)]() mutable {
      auto asked = weak.lock();
      if (!asked) return;
      asked->is_asking = false;
      if (!take_answer(asked->state, std::move(answer))) return;
      const auto watchers = asked->watchers;  // one may go away meanwhile
      for (auto* each : watchers) {
        if (asked->watchers.contains(each)) each->channel_changed();
      }
    });
  };
  return ask_channel(*core_.backend, name, std::move(answered));
}

void event_hub::arm() {
  if (is_armed_ || channels_.empty() || core_.is_stopping) return;
  is_armed_ = true;
  timer_.expires_after(std::chrono::milliseconds(core_.options.limits.push_interval_ms));
  timer_.async_wait([this](const boost::system::error_code&) {
    is_armed_ = false;
    if (core_.is_stopping) return;
    for (const auto& [name, which] : channels_) refresh(name, which);
    arm();
  });
}

}  // namespace ottla
