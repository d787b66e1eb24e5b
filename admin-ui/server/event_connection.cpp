// A WebSocket of /ws/v1/events: tells a dashboard what has changed in the channels that it watches.
//
// Lossy on purpose: one frame is on its way at a time, and what is next is made only then, from the
// newest state. A slow browser sees fewer updates and costs no memory.
#include <boost/json.hpp>

#include "admin-ui/server/websocket_connection.hpp"

namespace ottla {
namespace {

namespace beast = boost::beast;
namespace json = boost::json;

constexpr size_t message_bytes_max = 64 << 10;
constexpr size_t watches_max = 16;

class event_connection final : public websocket_connection, public event_watcher {
public:
  event_connection(std::shared_ptr<server_core> core, beast::tcp_stream stream, std::string address)
      : websocket_connection(std::move(core), std::move(stream), std::move(address),
                             message_bytes_max) {}

  void channel_changed() override { send_next(); }

private:
  struct watch {
    std::string channel;
    const channel_state* state = nullptr;
    uint64_t sent_version = 0;
    uint64_t sequence = 0;
  };

  void opened() override {
    const auto& facts = core().options.facts;
    reply(json::object{
        {"op", "welcome"},
        {"v", 1},
        {"node", facts.broker},
        {"heartbeatMs", websocket_heartbeat_ms},
        {"uiHash", facts.ui_hash.empty() ? json::value{} : json::value(facts.ui_hash)}});
  }

  [[nodiscard]] bool is_needed() const override { return !watches_.empty(); }

  void ended() override {
    for (const auto& [id, each] : watches_) core().hub.forget(each.channel, *this);
    watches_.clear();
  }

  void take_message(const std::string& text) override {
    beast::error_code error;
    const auto parsed = json::parse(text, error);
    const auto* frame = parsed.if_object();
    const auto* op = error || frame == nullptr ? nullptr : frame->if_contains("op");
    if (op == nullptr || !op->is_string()) {
      return refuse(nullptr, bad_request("a frame is an object with an op"));
    }
    const auto* id = frame->if_contains("id");
    const std::string_view what{op->get_string().data(), op->get_string().size()};
    if (what == "ping") return answer_ping(*frame);
    if (id == nullptr || !id->is_int64()) {
      return refuse(id, bad_request("the id is a whole number"));
    }
    if (what == "watch") return begin_watch(id->get_int64(), *frame);
    if (what == "unwatch") return end_watch(id->get_int64());
    refuse(id, bad_request("an op is watch, unwatch or ping"));
  }

  void begin_watch(int64_t id, const json::object& frame) {
    const json::value number(id);
    const auto* name = frame.if_contains("ch");
    if (name == nullptr || !name->is_string()) {
      return refuse(&number, bad_request("ch names a channel"));
    }
    if (watches_.contains(id)) return refuse(&number, bad_request("the id is in use"));
    if (watches_.size() == watches_max) return refuse(&number, bad_request("too many watches"));
    watch made{.channel = std::string{name->get_string().data(), name->get_string().size()}};
    made.state = core().hub.watch(made.channel, *this);
    if (made.state == nullptr) {
      return refuse(&number, bad_request("a channel is overview, brokers, traffic, topic:NAME or "
                                         "group:NAME"));
    }
    watches_.emplace(id, std::move(made));
    send_next();
  }

  void end_watch(int64_t id) {
    auto found = watches_.find(id);
    if (found == watches_.end()) return;
    core().hub.forget(found->second.channel, *this);
    watches_.erase(found);
    wait_until_needed();
  }

  std::optional<std::string> next_frame() override {
    // The one after the last one served comes first: none waits for ever.
    auto at = watches_.upper_bound(last_served_);
    for (size_t i = 0; i < watches_.size(); ++i, ++at) {
      if (at == watches_.end()) at = watches_.begin();
      if (at->second.state->version == at->second.sent_version) continue;
      last_served_ = at->first;
      return frame_of(at->first, at->second);
    }
    return std::nullopt;
  }

  std::string frame_of(int64_t id, watch& of) {
    const auto& state = *of.state;
    const bool follows = of.sent_version != 0 && of.sent_version + 1 == state.version;
    of.sent_version = state.version;
    const auto head = R"(,"id":)" + std::to_string(id);
    if (state.trouble) {
      return R"({"op":"err")" + head + R"(,"problem":)" + to_json(*state.trouble, request_id()) +
             "}";
    }
    const auto sequence = R"(,"seq":)" + std::to_string(++of.sequence);
    if (follows && !state.delta.empty()) {
      return R"({"op":"delta")" + head + sequence + R"(,"data":)" + state.delta + "}";
    }
    return R"({"op":"snap")" + head + R"(,"ch":)" + json::serialize(json::string(of.channel)) +
           sequence + R"(,"data":)" + state.text + "}";
  }

  std::map<int64_t, watch> watches_;
  int64_t last_served_ = 0;
};

}  // namespace

void serve_events(const std::shared_ptr<server_core>& core, beast::tcp_stream stream,
                  const upgrade_request& request, std::string address) {
  std::make_shared<event_connection>(core, std::move(stream), std::move(address))->start(request);
}

}  // namespace ottla
