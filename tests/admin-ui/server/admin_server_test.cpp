// The server over real sockets, with a backend that answers at once or not at all.
#include "admin-ui/server/admin_server.hpp"

#include <boost/asio.hpp>
#include <chrono>

#include "tests/admin-ui/server/scripted_backend.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class client {
public:
  explicit client(uint16_t port) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
    timeval patience{10, 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  void send(const std::string& text) { asio::write(socket_, asio::buffer(text)); }
  void get(const std::string& path, const std::string& more = "") {
    send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
  }
  /// One answer with a Content-Length.
  std::string answer() {
    boost::system::error_code error;
    const auto head = asio::read_until(socket_, asio::dynamic_buffer(input_), "\r\n\r\n", error);
    if (error) return input_;
    const auto at = input_.find("Content-Length: ");
    size_t body = 0;
    if (at < head) body = std::stoul(input_.substr(at + 16));
    if (input_.size() < head + body) {
      asio::read(socket_, asio::dynamic_buffer(input_),
                 asio::transfer_exactly(head + body - input_.size()), error);
    }
    auto whole = input_.substr(0, head + body);
    input_.erase(0, head + body);
    return whole;
  }
  /// All that comes until the server closes.
  std::string rest() {
    boost::system::error_code error;
    asio::read(socket_, asio::dynamic_buffer(input_), error);
    CHECK((error == asio::error::eof || error == asio::error::connection_reset));
    return input_;
  }

private:
  asio::io_context context_;
  tcp::socket socket_{context_};
  std::string input_;
};

struct server_fixture {
  std::shared_ptr<scripted_backend> backend = std::make_shared<scripted_backend>();
  admin_server_options options{.listeners = {{"127.0.0.1", 0}}, .instance = "test"};
  std::unique_ptr<admin_server> server;

  uint16_t start() {
    auto started = admin_server::start(options, backend);
    REQUIRE(started);
    server = std::move(*started);
    return server->bound().front().port;
  }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE_METHOD(server_fixture, "requests on one connection are answered in order") {
  client browser{start()};
  browser.get("/api/v1/cluster");
  browser.get("/healthz");
  CHECK(has(browser.answer(), "\"clusterId\""));
  CHECK(has(browser.answer(), R"({"status":"ok"})"));
}

TEST_CASE_METHOD(server_fixture, "every answer carries the headers that keep browsers safe") {
  client browser{start()};
  for (const char* path : {"/", "/api/v1/cluster", "/nothing"}) {
    INFO(path);
    browser.get(path);
    const auto answer = browser.answer();
    CHECK(has(answer, "Content-Security-Policy: default-src 'none'"));
    CHECK(has(answer, "frame-ancestors 'none'"));
    CHECK(has(answer, "X-Content-Type-Options: nosniff"));
    CHECK(has(answer, "Cross-Origin-Resource-Policy: same-origin"));
    CHECK(has(answer, "X-Request-Id: test-"));
  }
}

TEST_CASE_METHOD(server_fixture, "HEAD is answered without a body") {
  client browser{start()};
  browser.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto answer = browser.rest();
  CHECK(has(answer, "200 OK"));
  CHECK(has(answer, "Content-Length: 15"));
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE_METHOD(server_fixture, "a foreign name of the host is refused before anything is asked") {
  client browser{start()};
  browser.send("GET /api/v1/topics HTTP/1.1\r\nHost: evil.example.org\r\n\r\n");
  CHECK(has(browser.answer(), "421"));
  CHECK_FALSE(backend->asked_topics);
  browser.send("GET /api/v1/topics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example.org\r\n\r\n");
  CHECK(has(browser.answer(), "421"));
}

TEST_CASE_METHOD(server_fixture, "a page of another site cannot delete a topic") {
  client browser{start()};
  browser.send(
      "DELETE /api/v1/topics/t?confirm=t HTTP/1.1\r\nHost: localhost\r\n"
      "Origin: https://evil.example.org\r\n\r\n");
  const auto answer = browser.answer();
  CHECK(has(answer, "403"));
  CHECK(has(answer, "application/problem+json"));
  CHECK_FALSE(backend->deleted);
}

TEST_CASE_METHOD(server_fixture, "a body is read for the routes that take one") {
  client browser{start()};
  const std::string body = R"({"name":"t"})";
  browser.send(
      "POST /api/v1/topics HTTP/1.1\r\nHost: localhost\r\n"
      "Content-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  CHECK(has(browser.answer(), "201"));
  CHECK(backend->creation->name == "t");
}

TEST_CASE_METHOD(server_fixture, "a body that is too large is refused, announced or not") {
  const auto port = start();
  const std::string start_line =
      "POST /api/v1/topics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  client announced{port};
  announced.send(start_line + "Content-Length: 100000\r\n\r\n");
  CHECK(has(announced.rest(), "413"));
  client chunked{port};
  chunked.send(start_line + "Transfer-Encoding: chunked\r\n\r\n11170\r\n" +
               std::string(70'000, 'x'));
  CHECK(has(chunked.rest(), "413"));
  CHECK_FALSE(backend->creation);
}

TEST_CASE_METHOD(server_fixture, "what is no HTTP is refused and closed") {
  const auto port = start();
  client noise{port};
  noise.send("\x16\x03\x01 hello\r\n\r\n");
  CHECK(has(noise.rest(), "400"));
  client long_header{port};
  long_header.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') +
                   "\r\n\r\n");
  CHECK(has(long_header.rest(), "431"));
}

TEST_CASE_METHOD(server_fixture, "a connection that says nothing is closed") {
  options.limits.first_request_ms = 50;
  client silent{start()};
  CHECK(silent.rest().empty());
}

TEST_CASE_METHOD(server_fixture,
                 "a header that comes a byte at a time does not hold a connection") {
  options.limits.first_request_ms = 200;
  client slow{start()};
  slow.send("GET / HTTP/1.1\r\nHo");
  CHECK(slow.rest().empty());
}

TEST_CASE_METHOD(server_fixture, "too many connections of one address are refused") {
  options.limits.connections_per_address_max = 2;
  const auto port = start();
  client first{port}, second{port}, third{port};
  const auto refused = third.rest();
  CHECK(has(refused, "503"));
  CHECK(has(refused, "Retry-After"));
  first.get("/healthz");
  CHECK(has(first.answer(), "200 OK"));
}

TEST_CASE_METHOD(server_fixture, "too many requests within a second are refused, later ones not") {
  options.limits.requests_per_second_max = 3;
  const auto port = start();
  std::vector<std::string> answers;
  for (int i = 0; i < 4; ++i) {
    client each{port};  // a new connection does not begin anew
    each.get("/healthz");
    answers.push_back(each.answer());
  }
  CHECK(has(answers[2], "200 OK"));
  CHECK(has(answers[3], "429"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1'200));
  client later{port};
  later.get("/healthz");
  CHECK(has(later.answer(), "200 OK"));
}

TEST_CASE_METHOD(server_fixture, "a broker that does not answer is not alive after a second") {
  backend->is_silent = true;
  client prober{start()};
  const auto began = std::chrono::steady_clock::now();
  prober.get("/healthz");
  CHECK(has(prober.answer(), "504"));
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
  backend->is_silent = false;
  prober.get("/healthz");
  CHECK(has(prober.answer(), "200 OK"));
}

TEST_CASE_METHOD(server_fixture, "an address in use is a fault that names it") {
  const auto port = start();
  auto second = options;
  second.listeners = {{"127.0.0.1", port}};
  auto started = admin_server::start(second, backend);
  REQUIRE_FALSE(started);
  CHECK(has(started.error().message, "127.0.0.1:" + std::to_string(port)));
  CHECK(has(started.error().message, "admin.listeners"));
}

TEST_CASE_METHOD(server_fixture, "a stop closes every connection, whatever they wait for") {
  backend->is_silent = true;
  const auto port = start();
  client idle{port}, waiting{port}, half{port};
  waiting.get("/api/v1/cluster");
  half.send("GET /");
  client last{port};
  last.get("/");
  CHECK(has(last.answer(), "200 OK"));  // the others are in by now
  server->stop();
  CHECK(idle.rest().empty());
  CHECK(waiting.rest().empty());
  CHECK(half.rest().empty());
}

TEST_CASE_METHOD(server_fixture, "an answer that comes after the stop goes nowhere") {
  backend->is_silent = true;
  client waiting{start()};
  waiting.get("/api/v1/cluster");
  client last{server->bound().front().port};
  last.get("/");
  last.answer();
  server.reset();
  backend.reset();  // lets go of the reply, which answers
  CHECK(waiting.rest().empty());
}

}  // namespace
}  // namespace ottla
