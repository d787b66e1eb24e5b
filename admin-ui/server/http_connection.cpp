// One HTTP connection: requests in, each checked before its body is read, answers out in order.
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "admin-ui/server/embedded_files.hpp"
#include "admin-ui/server/server_core.hpp"
#include "admin-ui/server/static_files.hpp"
#include "admin-ui/server/upgrade.hpp"
#include "protocol/ascii.hpp"

namespace ottla {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using asio_error = beast::error_code;
using std::chrono::milliseconds;

constexpr uint32_t header_bytes_max = 8 << 10;
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'none'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html";
constexpr std::string_view data_policy = "default-src 'none'; frame-ancestors 'none'";

std::string_view view_of(beast::string_view text) {
  return {text.data(), text.size()};
}

class http_connection final : public open_connection,
                              public std::enable_shared_from_this<http_connection> {
public:
  http_connection(std::shared_ptr<server_core> core, tcp::socket socket, std::string address)
      : core_(std::move(core)),
        stream_(std::move(socket)),
        patience_(core_->context),
        address_(core_->connections_by_address, std::move(address)) {}

  void start() {
    core_->connections.insert(shared_from_this());
    const auto& limits = core_->options.limits;
    if (core_->connections.size() > limits.connections_max ||
        address_.count() > limits.connections_per_address_max) {
      keep_alive_ = false;
      return answer_problem(
          {503, "too-many-connections", "Too many connections", "close some, or try again later"});
    }
    read_header(limits.first_request_ms);
  }

  void cut() override {
    asio_error ignored;
    stream_.socket().close(ignored);
    patience_.cancel();
    core_->connections.erase(shared_from_this());
  }

private:
  void read_header(int64_t patience_ms) {
    parser_.emplace();
    parser_->header_limit(header_bytes_max);
    request_ = {};
    head_only_ = false;
    is_page_ = false;
    stream_.expires_after(milliseconds(patience_ms));
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const asio_error& error, size_t) { self->header_read(error); });
  }

  void header_read(const asio_error& error) {
    if (error) return refuse_input(error);
    take_header();
    const auto target = request_target::parse(view_of(parser_->get().target()));
    if (!target) {
      keep_alive_ = false;
      return answer_problem(bad_request("the target is not a path"));
    }
    request_.target = *target;
    if (!core_->count_request(address_.text())) {
      return refuse({429, "too-many-requests", "Too many requests",
                     "this address has sent many within a second"});
    }
    if (beast::websocket::is_upgrade(parser_->get())) return upgrade();
    if (auto refused = guard_request(request_, core_->options.rules)) return refuse(*refused);
    route_ = find_route(request_);
    if (route_.route == nullptr) return answer_unrouted();
    read_body();
  }

  /// Everything is checked on the request: an accepted WebSocket is open to its page.
  void upgrade() {
    if (auto refused = guard_upgrade(request_, core_->options.rules)) return refuse(*refused);
    const auto path = view_of(parser_->get().target());
    if (path != events_path && path != data_path) {
      return refuse(problem{404, "not-found", "There is nothing here",
                            "the WebSockets are /ws/v1/events and /ws/v1/data"});
    }
    if (auto refused = refuse_websocket(*core_, request_, address_.text())) {
      return refuse(*refused);
    }
    if (buffer_.size() > 0) return refuse(bad_request("frames before the WebSocket was accepted"));
    core_->connections.erase(shared_from_this());
    const auto serve = path == data_path ? serve_data : serve_events;
    const upgrade_request request = parser_->release();
    serve(core_, std::move(stream_), request, address_.text());
  }

  void take_header() {
    const auto& head = parser_->get();
    request_.id = core_->next_request_id();
    request_.method = std::string{view_of(head.method_string())};
    head_only_ = head.method() == http::verb::head;
    keep_alive_ = head.keep_alive();
    for (const auto& field : head) {
      const auto [place, is_new] = request_.headers.emplace(
          lower_case(view_of(field.name_string())), view_of(field.value()));
      // A second one could say something else to a proxy than to this server.
      if (!is_new && place->first == "host") place->second.clear();
    }
  }

  void read_body() {
    const auto most = route_.route->body_bytes_max;
    const auto announced = parser_->content_length();
    if (announced && *announced > most) return too_large();
    parser_->body_limit(most);
    stream_.expires_after(milliseconds(core_->options.limits.body_ms));
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const asio_error& error, size_t) {
                       if (error) return self->refuse_input(error);
                       self->dispatch();
                     });
  }

  void dispatch() {
    request_.body = std::move(parser_->get().body());
    stream_.expires_never();
    api_call call{.request = std::make_shared<const http_request>(request_),
                  .parameters = std::move(route_.parameters),
                  .backend = core_->backend,
                  .facts = &core_->options.facts};
    // What is posted after the end stays in the context: it must not keep that alive.
    call.respond = [core = core_, weak = weak_from_this(), turn = turn_](http_reply reply) {
      asio::post(core->context, [weak, turn, reply = std::move(reply)]() mutable {
        if (auto self = weak.lock()) self->answer_in(turn, std::move(reply));
      });
    };
    wait_for_answer();
    route_.route->handle(call);
  }

  void wait_for_answer() {
    patience_.expires_after(milliseconds(route_.route->answer_ms));
    patience_.async_wait([weak = weak_from_this(), turn = turn_](const asio_error& error) {
      auto self = weak.lock();
      if (error || !self) return;
      self->answer_in(turn, reply_of({504, "timeout", "The answer took too long",
                                      "the broker did not answer in time"},
                                     self->request_.id));
    });
  }

  /// The backend's answer, or that there was none in time: whichever comes first.
  void answer_in(uint64_t turn, http_reply reply) {
    if (turn != turn_) return;
    ++turn_;
    patience_.cancel();
    answer(std::move(reply));
  }

  /// The dashboard's files, or nothing of that name.
  void answer_unrouted() {
    if (!route_.allowed.empty()) {
      auto reply = reply_of(
          {405, "method-not-allowed", "Not with that method", "this path knows " + route_.allowed},
          request_.id);
      reply.headers.emplace_back("Allow", route_.allowed);
      return refuse(std::move(reply));
    }
    auto file = find_static_file(embedded_files(), request_);
    if (file && request_.is_safe()) {
      is_page_ = true;
      return refuse(std::move(*file));
    }
    refuse({404, "not-found", "There is nothing here",
            "GET /api/v1/openapi.json tells what there is"});
  }

  void refuse(const problem& why) { refuse(reply_of(why, request_.id)); }

  /// Answers without having read the body: what follows of it would be taken for a request.
  void refuse(http_reply reply) {
    if (!parser_->is_done() && (parser_->chunked() || parser_->content_length().value_or(0) > 0)) {
      keep_alive_ = false;
    }
    answer(std::move(reply));
  }

  void too_large() {
    keep_alive_ = false;
    answer_problem({413, "body-too-large", "The body is too large",
                    "this path takes at most " +
                        std::to_string(route_.route ? route_.route->body_bytes_max : 0) +
                        " bytes"});
  }

  void refuse_input(const asio_error& error) {
    keep_alive_ = false;
    if (error == http::error::body_limit) return too_large();
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return answer_problem(
          {431, "headers-too-large", "The headers are too large", "at most 8192 bytes"});
    }
    const bool is_malformed =
        error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message;
    if (is_malformed) return answer_problem(bad_request("not HTTP/1.1: " + error.message()));
    cut();
  }

  void answer_problem(const problem& why) {
    if (request_.id.empty()) request_.id = core_->next_request_id();
    answer(reply_of(why, request_.id));
  }

  void answer(http_reply reply) {
    if (core_->is_stopping) return cut();
    auto& message = response_.emplace();
    message.version(11);
    message.result(static_cast<unsigned>(reply.status));
    if (!reply.content_type.empty()) message.set(http::field::content_type, reply.content_type);
    message.set("X-Request-Id", request_.id);
    message.set("X-Content-Type-Options", "nosniff");
    message.set("Referrer-Policy", "no-referrer");
    message.set("Cross-Origin-Opener-Policy", "same-origin");
    message.set("Cross-Origin-Resource-Policy", "same-origin");
    message.set("Content-Security-Policy", std::string{is_page_ ? page_policy : data_policy});
    if (!is_page_) message.set(http::field::cache_control, "no-store");
    if (reply.status == 503 || reply.status == 429) message.set(http::field::retry_after, "1");
    for (const auto& [name, value] : reply.headers) message.set(name, value);
    message.keep_alive(keep_alive_);
    if (reply.status != 204 && reply.status != 304) message.content_length(reply.body.size());
    if (!head_only_) message.body() = std::move(reply.body);
    stream_.expires_after(milliseconds(core_->options.limits.answer_ms));
    serializer_.emplace(message);
    http::async_write(
        stream_, *serializer_,
        [self = shared_from_this()](const asio_error& error, size_t) { self->answered(error); });
  }

  void answered(const asio_error& error) {
    serializer_.reset();
    response_.reset();
    if (error || core_->is_stopping) return cut();
    if (keep_alive_) return read_header(core_->options.limits.idle_ms);
    linger();
  }

  /// Reads on for a moment: closing a socket with unread input makes the system drop the answer.
  void linger() {
    asio_error ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(milliseconds(1'000));
    drop_input();
  }
  void drop_input() {
    constexpr size_t at_once = 64 << 10, most = 1 << 20;
    if (lingered_ > most) return cut();
    lingered_ += at_once;
    stream_.async_read_some(lingering_.prepare(at_once),
                            [self = shared_from_this()](const asio_error& error, size_t) {
                              if (error) return self->cut();
                              self->drop_input();
                            });
  }

  std::shared_ptr<server_core> core_;
  beast::tcp_stream stream_;
  asio::steady_timer patience_;  ///< With the backend.
  uint64_t turn_ = 0;            ///< Of answers.
  const counted_address address_;
  beast::flat_buffer buffer_{header_bytes_max + (64 << 10)};
  beast::flat_buffer lingering_;
  size_t lingered_ = 0;
  std::optional<http::request_parser<http::string_body>> parser_;
  http_request request_;
  route_match route_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool is_page_ = false;
};

}  // namespace

void serve_http(const std::shared_ptr<server_core>& core, tcp::socket socket) {
  asio_error error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;
  socket.set_option(tcp::no_delay(true), error);
  std::make_shared<http_connection>(core, std::move(socket), peer.address().to_string())->start();
}

}  // namespace ottla
