// A WebSocket of /ws/v1/events: tells a dashboard what has changed in the channels that it watches.
//
// Lossy on purpose: one frame is on its way at a time, and what is next is made only then, from the
// newest state. A slow browser sees fewer updates and costs no memory. The other file that knows
// Beast.
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>
#include <deque>

#include "admin-ui/server/server_core.hpp"
#include "admin-ui/server/upgrade.hpp"

namespace ottla {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
namespace websocket = beast::websocket;
using asio_error = beast::error_code;
using std::chrono::milliseconds;

constexpr size_t message_bytes_max = 64 << 10;
constexpr size_t watches_max = 16;
constexpr size_t replies_max = 64;
constexpr int heartbeat_ms = 15'000;

// Reasons of closing that are our own.
constexpr uint16_t slow_consumer = 4009;
constexpr uint16_t too_many_messages = 4010;

class event_connection final : public open_connection,
                               public event_watcher,
                               public std::enable_shared_from_this<event_connection> {
public:
  event_connection(std::shared_ptr<server_core> core, beast::tcp_stream stream, std::string address)
      : core_(std::move(core)),
        stream_(std::move(stream)),
        patience_(core_->context),
        idle_(core_->context),
        second_(core_->context),
        address_(core_->websockets_by_address, std::move(address)) {
    ++core_->websockets;
  }
  ~event_connection() override { --core_->websockets; }
  event_connection(const event_connection&) = delete;
  event_connection& operator=(const event_connection&) = delete;

  void start(const upgrade_request& request) {
    core_->connections.insert(shared_from_this());
    beast::get_lowest_layer(stream_).expires_never();
    auto timeouts = websocket::stream_base::timeout::suggested(beast::role_type::server);
    timeouts.handshake_timeout = std::chrono::seconds(10);
    timeouts.idle_timeout = std::chrono::seconds(40);  // a ping after half of it
    timeouts.keep_alive_pings = true;
    stream_.set_option(timeouts);
    stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& answer) {
      answer.set(http::field::sec_websocket_protocol, std::string{events_protocol});
    }));
    stream_.read_message_max(message_bytes_max);
    stream_.text(true);
    stream_.async_accept(request, [self = shared_from_this()](const asio_error& error) {
      if (error) return self->cut();
      self->welcome();
      self->wait_for_watch();
      self->read();
    });
  }

  void cut() override {
    if (is_over_) return;
    is_over_ = true;
    for (const auto& [id, each] : watches_) core_->hub.forget(each.channel, *this);
    watches_.clear();
    asio_error ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
    patience_.cancel();
    idle_.cancel();
    second_.cancel();
    core_->connections.erase(shared_from_this());
  }

  void channel_changed() override {
    if (!is_over_) send_next();
  }

private:
  struct watch {
    std::string channel;
    const channel_state* state = nullptr;
    uint64_t sent_version = 0;
    uint64_t sequence = 0;
  };

  void welcome() {
    const auto& facts = core_->options.facts;
    reply(json::object{
        {"op", "welcome"},
        {"v", 1},
        {"node", facts.broker},
        {"heartbeatMs", heartbeat_ms},
        {"uiHash", facts.ui_hash.empty() ? json::value{} : json::value(facts.ui_hash)}});
  }

  // --- what comes in ---

  void read() {
    stream_.async_read(input_, [self = shared_from_this()](const asio_error& error, size_t) {
      if (error || self->is_over_) return self->cut();
      self->take_message();
    });
  }

  void take_message() {
    const std::string text = beast::buffers_to_string(input_.data());
    input_.consume(input_.size());
    if (!count_message()) return close(too_many_messages, "too many messages");
    if (replies_.size() >= replies_max) return close(slow_consumer, "answers are not read");
    handle(text);
    if (!is_over_) read();
  }

  bool count_message() {
    if (messages_ == 0) {
      second_.expires_after(milliseconds(1'000));
      second_.async_wait([weak = weak_from_this()](const asio_error& error) {
        if (auto self = weak.lock(); self && !error) self->messages_ = 0;
      });
    }
    return ++messages_ <= core_->options.limits.messages_per_second_max;
  }

  void handle(const std::string& text) {
    asio_error error;
    const auto parsed = json::parse(text, error);
    const auto* frame = parsed.if_object();
    const auto* op = error || frame == nullptr ? nullptr : frame->if_contains("op");
    if (op == nullptr || !op->is_string())
      return refuse(nullptr, "a frame is an object with an op");
    const auto* id = frame->if_contains("id");
    const std::string_view what{op->get_string().data(), op->get_string().size()};
    if (what == "ping") {
      const auto* sent = frame->if_contains("t");
      return reply(json::object{{"op", "pong"}, {"t", sent ? *sent : json::value{}}});
    }
    if (id == nullptr || !id->is_int64()) return refuse(id, "the id is a whole number");
    if (what == "watch") return begin_watch(id->get_int64(), *frame);
    if (what == "unwatch") return end_watch(id->get_int64());
    refuse(id, "an op is watch, unwatch or ping");
  }

  void begin_watch(int64_t id, const json::object& frame) {
    const json::value number(id);
    const auto* name = frame.if_contains("ch");
    if (name == nullptr || !name->is_string()) return refuse(&number, "ch names a channel");
    if (watches_.contains(id)) return refuse(&number, "the id is in use");
    if (watches_.size() == watches_max) return refuse(&number, "too many watches");
    watch made{.channel = std::string{name->get_string().data(), name->get_string().size()}};
    made.state = core_->hub.watch(made.channel, *this);
    if (made.state == nullptr) {
      return refuse(&number, "a channel is overview, brokers, traffic, topic:NAME or group:NAME");
    }
    watches_.emplace(id, std::move(made));
    idle_.cancel();
    send_next();
  }

  void end_watch(int64_t id) {
    auto found = watches_.find(id);
    if (found == watches_.end()) return;
    core_->hub.forget(found->second.channel, *this);
    watches_.erase(found);
    if (watches_.empty()) wait_for_watch();
  }

  /// A connection that nobody needs is closed.
  void wait_for_watch() {
    idle_.expires_after(milliseconds(core_->options.limits.idle_ms));
    idle_.async_wait([weak = weak_from_this()](const asio_error& error) {
      auto self = weak.lock();
      if (self && !error && self->watches_.empty()) self->close(1000, "nothing is watched");
    });
  }

  // --- what goes out ---

  void refuse(const json::value* id, const char* why) {
    json::object frame{{"op", "err"}};
    if (id != nullptr) frame["id"] = *id;
    frame["problem"] = json::parse(to_json(bad_request(why), request_id()));
    reply(frame);
  }
  std::string request_id() { return core_->next_request_id(); }

  void reply(const json::object& frame) {
    replies_.push_back(json::serialize(frame));
    send_next();
  }

  void send_next() {
    if (is_sending_ || is_over_ || is_closing_ || !next_frame()) return;
    is_sending_ = true;
    patience_.expires_after(milliseconds(core_->options.limits.slow_reader_ms));
    patience_.async_wait([weak = weak_from_this()](const asio_error& error) {
      // A closing frame would wait behind the one that is not read.
      if (auto self = weak.lock(); self && !error) self->cut();
    });
    stream_.async_write(asio::buffer(output_),
                        [self = shared_from_this()](const asio_error& error, size_t) {
                          self->is_sending_ = false;
                          self->patience_.cancel();
                          if (error) return self->cut();
                          self->send_next();
                        });
  }

  /// Puts the next frame into output_; false if there is none.
  bool next_frame() {
    if (!replies_.empty()) {
      output_ = std::move(replies_.front());
      replies_.pop_front();
      return true;
    }
    // The one after the last one served comes first: none waits for ever.
    auto at = watches_.upper_bound(last_served_);
    for (size_t i = 0; i < watches_.size(); ++i, ++at) {
      if (at == watches_.end()) at = watches_.begin();
      if (at->second.state->version == at->second.sent_version) continue;
      last_served_ = at->first;
      output_ = frame_of(at->first, at->second);
      return true;
    }
    return false;
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

  void close(uint16_t code, const char* why) {
    if (is_closing_ || is_over_) return;
    is_closing_ = true;
    stream_.async_close(websocket::close_reason(static_cast<websocket::close_code>(code), why),
                        [self = shared_from_this()](const asio_error&) { self->cut(); });
  }

  std::shared_ptr<server_core> core_;
  websocket::stream<beast::tcp_stream> stream_;
  asio::steady_timer patience_;  ///< With the reader of the frame that is on its way.
  asio::steady_timer idle_;      ///< Runs while nothing is watched.
  asio::steady_timer second_;
  const counted_address address_;
  beast::flat_buffer input_;
  std::string output_;
  std::deque<std::string> replies_;
  std::map<int64_t, watch> watches_;
  int64_t last_served_ = 0;
  size_t messages_ = 0;  ///< Since second_ began.
  bool is_sending_ = false;
  bool is_closing_ = false;
  bool is_over_ = false;
};

bool offers_protocol(std::string_view offered) {
  while (!offered.empty()) {
    const auto end = std::min(offered.find(','), offered.size());
    auto item = offered.substr(0, end);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item == events_protocol) return true;
    offered.remove_prefix(std::min(end + 1, offered.size()));
  }
  return false;
}

}  // namespace

std::optional<problem> refuse_events(const server_core& core, const http_request& request,
                                     const std::string& address) {
  if (!offers_protocol(request.header("sec-websocket-protocol"))) {
    return bad_request("the subprotocol log.v1.json must be offered");
  }
  const auto& limits = core.options.limits;
  auto here = core.websockets_by_address.find(address);
  const auto of_address = here == core.websockets_by_address.end() ? 0 : here->second;
  if (core.websockets < limits.websockets_max && of_address < limits.websockets_per_address_max) {
    return std::nullopt;
  }
  return problem{503, "too-many-websockets", "Too many WebSockets",
                 "close some, or try again later"};
}

void serve_events(const std::shared_ptr<server_core>& core, beast::tcp_stream stream,
                  const upgrade_request& request, std::string address) {
  std::make_shared<event_connection>(core, std::move(stream), std::move(address))->start(request);
}

}  // namespace ottla
