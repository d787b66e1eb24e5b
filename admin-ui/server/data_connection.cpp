// A WebSocket of /ws/v1/data: carries what its data_session says, and no more than the client
// reads.
#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include "admin-ui/server/data_session.hpp"
#include "admin-ui/server/websocket_connection.hpp"

namespace ottla {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace json = boost::json;
using asio_error = beast::error_code;
using std::chrono::milliseconds;

constexpr size_t message_bytes_max = 64 << 10;
constexpr size_t publish_bytes_max = 1 << 20;
constexpr size_t queue_soft_bytes = 192 << 10;  ///< Nothing is asked for while more waits.
constexpr size_t queue_hard_bytes = 4 << 20;    ///< Answers alone, of a client that reads none.
constexpr int64_t tick_ms = 500;

class data_connection final : public websocket_connection, private data_link {
public:
  data_connection(std::shared_ptr<server_core> core, beast::tcp_stream stream, std::string address)
      : websocket_connection(core, std::move(stream), std::move(address), publish_bytes_max),
        hello_(core->context),
        tick_(core->context),
        session_(std::make_shared<data_session>(core->backend, static_cast<data_link&>(*this))) {}

private:
  // --- websocket_connection ---

  void opened() override {
    hello_.expires_after(milliseconds(core().options.limits.hello_ms));
    hello_.async_wait([weak = weak_from_this(), this](const asio_error& error) {
      if (weak.expired() || error || is_welcome_) return;
      close(websocket_close::not_introduced, "no hello");
    });
  }

  void take_message(const std::string& text) override {
    if (queued_bytes_ > queue_hard_bytes) {
      return close(websocket_close::slow_consumer, "answers are not read");
    }
    beast::error_code error;
    const auto parsed = json::parse(text, error);
    const auto* frame = parsed.if_object();
    if (error || frame == nullptr) {
      return websocket_connection::refuse(nullptr, bad_request("a frame is an object with an op"));
    }
    const auto* op = frame->if_contains("op");
    if (text.size() > message_bytes_max && (op == nullptr || *op != "pub")) {
      return close(websocket_close::message_too_big, "only pub may be that long");
    }
    const auto read = read_data_request(*frame);
    if (const auto* wrong = std::get_if<problem>(&read)) {
      return websocket_connection::refuse(frame->if_contains("id"), *wrong);
    }
    const auto& request = std::get<data_request>(read);
    if (std::holds_alternative<ping_request>(request)) return answer_ping(*frame);
    if (const auto* hello = std::get_if<hello_request>(&request)) return welcome(*hello);
    if (!is_welcome_) return close(websocket_close::not_introduced, "no hello");
    session_->take(request);
  }

  std::optional<std::string> next_frame() override {
    if (frames_.empty()) return std::nullopt;
    auto frame = std::move(frames_.front());
    frames_.pop_front();
    count_queued(-static_cast<int64_t>(frame.size()));
    if (is_starved_ && has_room()) {
      is_starved_ = false;
      asio::post(core().context, [weak = weak_from_this(), this] {
        if (!weak.expired() && is_open()) session_->room_again();
      });
    }
    return frame;
  }

  [[nodiscard]] bool is_needed() const override { return session_->is_needed(); }

  void ended() override {
    session_->end();
    frames_.clear();
    count_queued(-static_cast<int64_t>(queued_bytes_));
    hello_.cancel();
    tick_.cancel();
  }

  // --- data_link ---

  void send(std::string frame) override {
    if (!is_open()) return;
    count_queued(static_cast<int64_t>(frame.size()));
    frames_.push_back(std::move(frame));
    if (!has_room()) is_starved_ = true;
    send_next();
  }

  [[nodiscard]] bool has_room() const override {
    return queued_bytes_ < queue_soft_bytes &&
           core().record_bytes_queued < core().options.limits.record_bytes_queued_max;
  }

  void refuse(std::optional<int64_t> id, const problem& why) override {
    const json::value number = id ? json::value(*id) : json::value{};
    websocket_connection::refuse(id ? &number : nullptr, why);
  }

  bool hold(int64_t bytes) override {
    auto& held = core().record_bytes_queued;
    if (bytes > 0 && held >= core().options.limits.record_bytes_queued_max) return false;
    held += static_cast<size_t>(bytes);
    return true;
  }
  std::string instance() override { return request_id(); }
  [[nodiscard]] std::string client() const override { return client_; }
  [[nodiscard]] std::string address() const override { return peer_address(); }
  [[nodiscard]] bool is_read_only() const override { return core().options.facts.is_read_only; }

  void want_tick() override {
    if (std::exchange(is_ticking_, true)) return;
    tick_.expires_after(milliseconds(tick_ms));
    tick_.async_wait([weak = weak_from_this(), this](const asio_error& error) {
      if (weak.expired() || error || !is_open()) return;
      is_ticking_ = false;
      session_->tick();
    });
  }

  void became_idle() override { wait_until_needed(); }

  std::function<void(std::function<void()>)> poster() override {
    return [core = core().shared_from_this()](std::function<void()> what) {
      // What is posted after the end stays in the context: it must not keep that alive.
      asio::post(core->context, std::move(what));
    };
  }

  // --- its own ---

  void welcome(const hello_request& hello) {
    if (std::exchange(is_welcome_, true)) {
      return websocket_connection::refuse(nullptr, bad_request("hello comes once"));
    }
    hello_.cancel();
    client_ = hello.client;
    const auto& facts = core().options.facts;
    reply(
        json::object{{"op", "welcome"},
                     {"v", 1},
                     {"node", facts.broker},
                     {"session", request_id()},
                     {"principal", "User:ANONYMOUS"},
                     {"heartbeatMs", websocket_heartbeat_ms},
                     {"uiHash", facts.ui_hash.empty() ? json::value{} : json::value(facts.ui_hash)},
                     {"limits",
                      {{"creditMsgs", credit_messages_max},
                       {"creditBytes", credit_bytes_max},
                       {"previewBytes", preview_bytes_max},
                       {"subscriptions", subscriptions_max},
                       {"partitions", partitions_max},
                       {"messageBytes", message_bytes_max},
                       {"publishBytes", publish_bytes_max},
                       {"messagesPerSecond", core().options.limits.messages_per_second_max}}}});
  }

  void count_queued(int64_t bytes) {
    queued_bytes_ += static_cast<size_t>(bytes);
    core().record_bytes_queued += static_cast<size_t>(bytes);
  }

  asio::steady_timer hello_;
  asio::steady_timer tick_;
  std::shared_ptr<data_session> session_;
  std::string client_;
  std::deque<std::string> frames_;
  size_t queued_bytes_ = 0;  ///< In frames_.
  bool is_welcome_ = false;
  bool is_starved_ = false;  ///< Something waits for room.
  bool is_ticking_ = false;
};

}  // namespace

void serve_data(const std::shared_ptr<server_core>& core, beast::tcp_stream stream,
                const upgrade_request& request, std::string address) {
  std::make_shared<data_connection>(core, std::move(stream), std::move(address))->start(request);
}

}  // namespace ottla
