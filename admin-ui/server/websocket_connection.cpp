#include "admin-ui/server/websocket_connection.hpp"

#include <boost/json.hpp>

namespace ottla {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
namespace websocket = beast::websocket;
using asio_error = beast::error_code;
using std::chrono::milliseconds;

constexpr size_t replies_max = 64;

bool offers_protocol(std::string_view offered) {
  while (!offered.empty()) {
    const auto end = std::min(offered.find(','), offered.size());
    auto item = offered.substr(0, end);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item == websocket_protocol) return true;
    offered.remove_prefix(std::min(end + 1, offered.size()));
  }
  return false;
}

}  // namespace

websocket_connection::websocket_connection(std::shared_ptr<server_core> core,
                                           beast::tcp_stream stream, std::string address,
                                           size_t message_bytes_max)
    : core_(std::move(core)),
      stream_(std::move(stream)),
      patience_(core_->context),
      idle_(core_->context),
      second_(core_->context),
      address_(core_->websockets_by_address, std::move(address)) {
  ++core_->websockets;
  stream_.read_message_max(message_bytes_max);
}

websocket_connection::~websocket_connection() {
  --core_->websockets;
}

void websocket_connection::start(const upgrade_request& request) {
  core_->connections.insert(shared_from_this());
  beast::get_lowest_layer(stream_).expires_never();
  auto timeouts = websocket::stream_base::timeout::suggested(beast::role_type::server);
  timeouts.handshake_timeout = std::chrono::seconds(10);
  timeouts.idle_timeout = std::chrono::seconds(40);  // a ping after half of it
  timeouts.keep_alive_pings = true;
  stream_.set_option(timeouts);
  stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& answer) {
    answer.set(http::field::sec_websocket_protocol, std::string{websocket_protocol});
  }));
  stream_.text(true);
  stream_.auto_fragment(false);  // a frame is one write, not one for every four kilobytes
  stream_.async_accept(request, [self = shared_from_this()](const asio_error& error) {
    if (error) return self->cut();
    self->opened();
    self->wait_until_needed();
    self->read();
  });
}

void websocket_connection::cut() {
  if (is_over_) return;
  is_over_ = true;
  ended();
  asio_error ignored;
  beast::get_lowest_layer(stream_).socket().close(ignored);
  patience_.cancel();
  idle_.cancel();
  second_.cancel();
  core_->connections.erase(shared_from_this());
}

// --- what comes in ---

void websocket_connection::read() {
  stream_.async_read(input_, [self = shared_from_this()](const asio_error& error, size_t) {
    if (error || self->is_over_) return self->cut();
    self->message_read();
  });
}

void websocket_connection::message_read() {
  const std::string text = beast::buffers_to_string(input_.data());
  input_.consume(input_.size());
  if (!count_message()) return close(websocket_close::too_many_messages, "too many messages");
  if (replies_.size() >= replies_max) {
    return close(websocket_close::slow_consumer, "answers are not read");
  }
  if (!stream_.got_text()) {
    refuse(nullptr, bad_request("a message is text"));
  } else {
    take_message(text);
  }
  if (!is_over_) read();
}

bool websocket_connection::count_message() {
  if (messages_ == 0) {
    second_.expires_after(milliseconds(1'000));
    second_.async_wait([weak = weak_from_this()](const asio_error& error) {
      if (auto self = weak.lock(); self && !error) self->messages_ = 0;
    });
  }
  return ++messages_ <= core_->options.limits.messages_per_second_max;
}

void websocket_connection::wait_until_needed() {
  if (is_needed() || !is_open()) return;
  idle_.expires_after(milliseconds(core_->options.limits.idle_ms));
  idle_.async_wait([weak = weak_from_this()](const asio_error& error) {
    auto self = weak.lock();
    if (self && !error && !self->is_needed()) self->close(websocket_close::normal, "idle");
  });
}

// --- what goes out ---

void websocket_connection::reply(const json::object& frame) {
  replies_.push_back(json::serialize(frame));
  send_next();
}

void websocket_connection::refuse(const json::value* id, const problem& why) {
  json::object frame{{"op", "err"}};
  if (id != nullptr) frame["id"] = *id;
  frame["problem"] = json::parse(to_json(why, request_id()));
  reply(frame);
}

void websocket_connection::answer_ping(const json::object& frame) {
  const auto* sent = frame.if_contains("t");
  reply(json::object{{"op", "pong"}, {"t", sent ? *sent : json::value{}}});
}

std::optional<std::string> websocket_connection::pick_frame() {
  if (replies_.empty()) return next_frame();
  auto frame = std::move(replies_.front());
  replies_.pop_front();
  return frame;
}

void websocket_connection::send_next() {
  if (is_sending_ || !is_open()) return;
  auto frame = pick_frame();
  if (!frame) return;
  output_ = std::move(*frame);
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

void websocket_connection::close(websocket_close code, const char* why) {
  if (!is_open()) return;
  is_closing_ = true;
  stream_.async_close(websocket::close_reason(static_cast<websocket::close_code>(code), why),
                      [self = shared_from_this()](const asio_error&) { self->cut(); });
}

// --- before it is accepted ---

std::optional<problem> refuse_websocket(const server_core& core, const http_request& request,
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

}  // namespace ottla
