// WebSockets of /ws/v1/events over real sockets, friendly and hostile clients.
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <thread>

#include "admin-ui/server/admin_server.hpp"
#include "tests/admin-ui/server/scripted_backend.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using field = std::pair<http::field, std::string>;

/// A backend whose cluster changes while the server asks.
class changing_backend final : public scripted_backend {
public:
  std::atomic<int64_t> sequence = 1;
  std::atomic<int> questions = 0;
  std::atomic<bool> has_topic = true;
  std::atomic<size_t> padding = 0;

  void cluster(admin_reply<cluster_view> reply) override {
    ++questions;
    cluster_view view{.cluster_id = std::string(padding, 'x'), .sequence = sequence};
    view.as_of = questions;
    reply(std::move(view));
  }
  void topic(std::string name, admin_reply<topic_view> reply) override {
    if (has_topic) return reply(topic_view{.name = name});
    reply(fault{error_code::unknown_topic_or_partition, "there is no topic '" + name + "'", 0});
  }
};

class browser {
public:
  /// Empty if the WebSocket was accepted, else the status of the refusal.
  std::string open(uint16_t port, const std::vector<field>& more = {},
                   const std::string& path = "/ws/v1/events",
                   const std::string& protocol = "log.v1.json") {
    beast::get_lowest_layer(socket_).connect({asio::ip::address_v4::loopback(), port});
    timeval patience{10, 0};
    setsockopt(beast::get_lowest_layer(socket_).native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience,
               sizeof(patience));
    socket_.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
      if (!protocol.empty()) request.set(http::field::sec_websocket_protocol, protocol);
      for (const auto& [name, value] : more) request.set(name, value);
    }));
    websocket::response_type answer;
    beast::error_code error;
    std::string host = "127.0.0.1:" + std::to_string(port);
    socket_.handshake(answer, host, path, error);
    if (!error) return {};
    return std::to_string(answer.result_int());
  }
  void send(const std::string& text) { socket_.write(asio::buffer(text)); }
  json::object next() {
    beast::flat_buffer buffer;
    socket_.read(buffer);
    return json::parse(beast::buffers_to_string(buffer.data())).as_object();
  }
  /// The code by which the server closes.
  int closed() {
    beast::error_code error;
    while (!error) {
      beast::flat_buffer buffer;
      socket_.read(buffer, error);
    }
    return socket_.reason().code;
  }
  websocket::stream<tcp::socket>& socket() { return socket_; }

private:
  asio::io_context context_;
  websocket::stream<tcp::socket> socket_{context_};
};

struct events_fixture {
  std::shared_ptr<changing_backend> backend = std::make_shared<changing_backend>();
  admin_server_options options{.listeners = {{"127.0.0.1", 0}},
                               .facts = {.broker = 7, .ui_hash = "abc"},
                               .instance = "test"};
  std::unique_ptr<admin_server> server;

  events_fixture() { options.limits.push_interval_ms = 20; }
  uint16_t start() {
    auto started = admin_server::start(options, backend);
    REQUIRE(started);
    server = std::move(*started);
    return server->bound().front().port;
  }
};

bool is_op(const json::object& frame, std::string_view op) {
  return frame.at("op").as_string() == json::string_view{op.data(), op.size()};
}

TEST_CASE_METHOD(events_fixture, "a watch begins with a snapshot and goes on with what changes") {
  browser page;
  REQUIRE(page.open(start()).empty());
  const auto welcome = page.next();
  CHECK(is_op(welcome, "welcome"));
  CHECK(welcome.at("node") == 7);
  CHECK(welcome.at("uiHash") == "abc");
  page.send(R"({"op":"watch","id":1,"ch":"overview"})");
  const auto snap = page.next();
  CHECK(is_op(snap, "snap"));
  CHECK(snap.at("id") == 1);
  CHECK(snap.at("ch") == "overview");
  CHECK(snap.at("seq") == 1);
  CHECK(snap.at("data").at("sequence") == "1");
  backend->sequence = 2;
  const auto delta = page.next();
  CHECK(is_op(delta, "delta"));
  CHECK(delta.at("seq") == 2);
  CHECK(delta.at("data").at("sequence") == "2");
  CHECK_FALSE(delta.at("data").as_object().contains("verdict"));
}

TEST_CASE_METHOD(events_fixture,
                 "nothing is pushed while nothing changes, nor asked while nobody looks") {
  browser page;
  REQUIRE(page.open(start()).empty());
  page.next();
  page.send(R"({"op":"watch","id":1,"ch":"overview"})");
  page.next();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(backend->questions > 2);
  page.send(R"({"op":"unwatch","id":1})");
  page.send(R"({"op":"ping","t":5})");
  const auto pong = page.next();  // no delta came before it
  CHECK(is_op(pong, "pong"));
  CHECK(pong.at("t") == 5);
  const int asked = backend->questions;
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(backend->questions == asked);
}

TEST_CASE_METHOD(events_fixture, "many watchers of a channel cost one question") {
  options.limits.push_interval_ms = 60'000;
  const auto port = start();
  std::vector<std::unique_ptr<browser>> pages;
  for (int i = 0; i < 20; ++i) {
    auto& page = *pages.emplace_back(std::make_unique<browser>());
    REQUIRE(page.open(port).empty());
    page.next();
    page.send(R"({"op":"watch","id":1,"ch":"overview"})");
    CHECK(is_op(page.next(), "snap"));
  }
  CHECK(backend->questions == 1);
}

TEST_CASE_METHOD(events_fixture, "a page that is closed is not asked for any more") {
  {
    browser page;
    REQUIRE(page.open(start()).empty());
    page.next();
    page.send(R"({"op":"watch","id":1,"ch":"overview"})");
    page.next();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const int asked = backend->questions;
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(backend->questions == asked);
}

TEST_CASE_METHOD(events_fixture, "a topic that goes away and comes back is told as it is") {
  browser page;
  REQUIRE(page.open(start()).empty());
  page.next();
  page.send(R"({"op":"watch","id":3,"ch":"topic:t"})");
  CHECK(page.next().at("data").at("name") == "t");
  backend->has_topic = false;
  const auto gone = page.next();
  CHECK(is_op(gone, "err"));
  CHECK(gone.at("id") == 3);
  CHECK(gone.at("problem").at("type") == "/problems/unknown-topic");
  backend->has_topic = true;
  CHECK(is_op(page.next(), "snap"));
}

TEST_CASE_METHOD(events_fixture, "a wrong frame is answered with what is wrong, the rest goes on") {
  browser page;
  REQUIRE(page.open(start()).empty());
  page.next();
  for (const char* text : {"nonsense", "[]", "{}", R"({"op":7})", R"({"op":"watch"})",
                           R"({"op":"watch","id":"x"})", R"({"op":"watch","id":1})",
                           R"({"op":"watch","id":1,"ch":"nothing"})", R"({"op":"sing","id":1})"}) {
    INFO(text);
    page.send(text);
    const auto frame = page.next();
    CHECK(is_op(frame, "err"));
    CHECK(frame.at("problem").at("status") == 400);
  }
  for (int i = 0; i < 17; ++i) {
    page.send(R"({"op":"watch","id":)" + std::to_string(i) + R"(,"ch":"topic:)" +
              std::to_string(i) + R"("})");
    CHECK(is_op(page.next(), i < 16 ? "snap" : "err"));
  }
  page.send(R"({"op":"watch","id":0,"ch":"overview"})");
  CHECK(is_op(page.next(), "err"));  // the id is in use
}

TEST_CASE_METHOD(events_fixture, "who may not open a WebSocket is refused before it is accepted") {
  const auto port = start();
  const std::string own = "http://127.0.0.1:" + std::to_string(port);
  CHECK(browser{}.open(port, {{http::field::origin, own}}).empty());
  CHECK(browser{}.open(port, {{http::field::origin, "https://evil.example.org"}}) == "403");
  CHECK(browser{}.open(port, {{http::field::origin, "null"}}) == "403");
  CHECK(browser{}.open(port, {{http::field::host, "rebound.example.org"}}) == "421");
  CHECK(browser{}.open(port, {}, "/ws/v1/events", "") == "400");
  CHECK(browser{}.open(port, {}, "/ws/v1/events", "mqtt, log.v2.json") == "400");
  CHECK(browser{}.open(port, {}, "/ws/v1/events", "mqtt, log.v1.json").empty());
  CHECK(browser{}.open(port, {}, "/ws/v1/nothing") == "404");
}

TEST_CASE_METHOD(events_fixture, "too many WebSockets of one address are refused") {
  options.limits.websockets_per_address_max = 2;
  const auto port = start();
  browser first, second, third;
  CHECK(first.open(port).empty());
  CHECK(second.open(port).empty());
  CHECK(third.open(port) == "503");
}

TEST_CASE_METHOD(events_fixture, "a message that is too long closes the WebSocket") {
  browser page;
  REQUIRE(page.open(start()).empty());
  page.send(std::string(70'000, 'x'));
  CHECK(page.closed() == 1009);
}

TEST_CASE_METHOD(events_fixture, "text that is not UTF-8 closes the WebSocket") {
  browser page;
  REQUIRE(page.open(start()).empty());
  page.send("\xff\xfe");
  CHECK(page.closed() == 1007);
}

TEST_CASE_METHOD(events_fixture, "a flood of messages closes the WebSocket") {
  browser page;
  REQUIRE(page.open(start()).empty());
  beast::error_code error;
  for (int i = 0; i < 250 && !error; ++i) {
    page.socket().write(asio::buffer(std::string{R"({"op":"unwatch","id":1})"}), error);
  }
  CHECK(page.closed() == 4010);
}

TEST_CASE_METHOD(events_fixture, "a WebSocket that watches nothing is closed") {
  options.limits.idle_ms = 50;
  browser page;
  REQUIRE(page.open(start()).empty());
  CHECK(page.closed() == 1000);
}

TEST_CASE_METHOD(events_fixture,
                 "a page that does not read is cut off, and the others see everything") {
  options.limits.push_interval_ms = 5;
  options.limits.slow_reader_ms = 300;
  backend->padding = 1 << 20;
  const auto port = start();
  browser deaf, other;
  REQUIRE(deaf.open(port).empty());
  REQUIRE(other.open(port).empty());
  deaf.send(R"({"op":"watch","id":1,"ch":"overview"})");
  other.next();
  other.send(R"({"op":"watch","id":1,"ch":"overview"})");
  int64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    backend->padding = (1 << 20) + static_cast<size_t>(i % 2);
    backend->sequence = i + 2;
    const auto frame = other.next();
    if (const auto* sequence = frame.at("data").as_object().if_contains("sequence")) {
      const auto now = std::stoll(std::string{sequence->as_string()});
      CHECK(now > last);
      last = now;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  beast::error_code error;
  for (int i = 0; i < 1'000 && !error; ++i) {
    beast::flat_buffer buffer;
    deaf.socket().read(buffer, error);
  }
  CHECK(error);  // its connection has ended
}

TEST_CASE_METHOD(events_fixture, "a stop ends WebSockets, whether they watch or not") {
  const auto port = start();
  browser idle, watching;
  REQUIRE(idle.open(port).empty());
  REQUIRE(watching.open(port).empty());
  watching.send(R"({"op":"watch","id":1,"ch":"overview"})");
  watching.next();
  watching.next();
  server->stop();
  idle.closed();
  watching.closed();
}

}  // namespace
}  // namespace ottla
