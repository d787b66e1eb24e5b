#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <thread>

#include "actors/gateway/gateway.hpp"
#include "actors/handlers/api_versions.hpp"
#include "actors/runtime/io_coordinator.hpp"
#include "actors/runtime/log.hpp"
#include "protocol/messages/api_versions.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/watchdog.hpp"

using namespace ottla;
using boost::asio::ip::tcp;

namespace {

/// A file without a name, as long as somebody holds it.
class scratch_file final : public readable_file {
public:
  explicit scratch_file(int64_t size) : descriptor_(::open("/tmp", O_TMPFILE | O_RDWR, 0600)) {
    REQUIRE(descriptor_ >= 0);
    std::vector<uint8_t> block(1 << 20);
    for (int64_t at = 0; at < size; at += std::ssize(block)) {
      for (size_t i = 0; i < block.size(); ++i) block[i] = byte_at(at + static_cast<int64_t>(i));
      const auto part = static_cast<size_t>(std::min<int64_t>(std::ssize(block), size - at));
      REQUIRE(::pwrite(descriptor_, block.data(), part, at) == static_cast<ssize_t>(part));
    }
  }
  ~scratch_file() override { ::close(descriptor_); }
  static uint8_t byte_at(int64_t position) { return static_cast<uint8_t>(position * 7 / 64); }
  void cut(int64_t size) { REQUIRE(::ftruncate(descriptor_, size) == 0); }
  [[nodiscard]] int descriptor() const override { return descriptor_; }
  outcome<size_t> read_at(std::span<std::byte> into, int64_t position) const override {
    return static_cast<size_t>(::pread(descriptor_, into.data(), into.size(), position));
  }

private:
  int descriptor_;
};

std::shared_ptr<scratch_file>& served_file() {
  static std::shared_ptr<scratch_file> file;
  return file;
}

constexpr int64_t file_bytes = 24 << 20;

/// Answers with the whole file, between a header and a trailer of four bytes.
void answer_with_file(session_context&, request, reply_slot reply) {
  wire_writer out;
  out.int32(static_cast<int32_t>(4 + file_bytes + 4));
  out.int32(reply.correlation_id());
  out.payload(file_range{served_file(), 0, file_bytes});
  out.int32(0x01020304);
  reply.send_frame(out.finish());
}

/// Lengths on both sides of what is copied rather than sent from the file.
constexpr int64_t piece_lengths[] = {1, 170, 4'000, 8'191, 8'192, 8'193, 20'000};
constexpr int64_t piece_rounds = 300;

/// Answers with many ranges of the file, a byte of memory behind each.
void answer_with_pieces(session_context&, request, reply_slot reply) {
  wire_writer out;
  int32_t total = 4;
  for (auto length : piece_lengths) total += static_cast<int32_t>(piece_rounds * (length + 1));
  out.int32(total);
  out.int32(reply.correlation_id());
  int64_t position = 0;
  for (int64_t round = 0; round < piece_rounds; ++round) {
    for (auto length : piece_lengths) {
      out.payload(file_range{served_file(), position, length});
      out.int8(0x55);
      position += length;
    }
  }
  reply.send_frame(out.finish());
}

void never_answer(session_context& session, request, reply_slot reply) {
  struct waiting final : parked_request {
    reply_slot reply;
  };
  auto parked = std::make_shared<waiting>();
  parked->reply = std::move(reply);
  session.park(std::move(parked));
}

constexpr route routes[] = {
    {api_key::fetch, 4, 4, 4, answer_with_file},
    {api_key::list_offsets, 1, 1, 0, answer_with_pieces},
    {api_key::metadata, 0, 0, 0, never_answer},
    {api_key::api_versions, 0, 4, 0, handle_api_versions},
};

/// What goes to standard error while it lives, where the broker's log goes.
class captured_errors {
public:
  captured_errors() : kept_(::dup(STDERR_FILENO)), file_(::open("/tmp", O_TMPFILE | O_RDWR, 0600)) {
    REQUIRE(kept_ >= 0);
    REQUIRE(::dup2(file_, STDERR_FILENO) >= 0);
    log::start({.least = log::level::warn});  // fixtures of other cases switch it off
  }
  ~captured_errors() {
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
    ::close(file_);
  }
  [[nodiscard]] std::string text() const {
    std::string read(1 << 16, '\0');
    read.resize(static_cast<size_t>(::pread(file_, read.data(), read.size(), 0)));
    return read;
  }

private:
  int kept_;
  int file_;
};

listener_config loopback(uint16_t port = 0) {
  return {"PLAINTEXT", security_protocol::plaintext, "127.0.0.1", port, "127.0.0.1", 0};
}

struct gateway_fixture {
  explicit gateway_fixture(gateway_limits limits = {},
                           std::function<gateway_limits()> limits_now = {})
      : config({2, {&system_clock(), &memory}}), system(config) {
    services.memory = &memory;
    services.units = units_of(system);
    gateway = spawn_gateway(system, {&services, routes, std::move(limits), std::move(limits_now)});
  }
  ~gateway_fixture() {
    const auto began = std::chrono::steady_clock::now();
    ask<gateway_closed>(close_gateway{});
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{2});
    caf::anon_send_exit(gateway, caf::exit_reason::user_shutdown);
    gateway = nullptr;
    system.await_all_actors_done();
  }

  template <class Answer, class Question>
  Answer ask(Question question) {
    Answer answer;
    caf::scoped_actor self{system};
    self->request(gateway, caf::infinite, std::move(question))
        .receive(
            [&](Answer& got) { answer = std::move(got); },
            [&](caf::error& failed) { FAIL("the gateway failed: " << system.render(failed)); });
    return answer;
  }
  /// The ports of two listeners, PLAINTEXT and SIDE.
  std::pair<uint16_t, uint16_t> open_two() {
    auto side = loopback();
    side.name = "SIDE";
    auto opened = ask<gateway_opened>(open_gateway{{loopback(), side}});
    REQUIRE(opened.bound.size() == 2);
    caf::anon_send(gateway, accept_connections{});
    return {opened.bound[0].port, opened.bound[1].port};
  }
  uint16_t open() {
    auto opened = ask<gateway_opened>(open_gateway{{loopback()}});
    REQUIRE_FALSE(opened.failure);
    REQUIRE(opened.bound.size() == 1);
    caf::anon_send(gateway, accept_connections{});
    return opened.bound[0].port;
  }
  tcp::socket connect(uint16_t port, const char* from = "127.0.0.1") {
    tcp::socket socket{clients, {boost::asio::ip::make_address_v4(from), 0}};
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
    return socket;
  }
  int64_t connections() { return ask<gateway_counts>(query_gateway{}).connections; }
  template <class Condition>
  bool soon(Condition condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return false;
  }

  watchdog hangs{60};
  boost::asio::io_context clients;
  memory_budget memory{{}};
  broker_services services;
  runtime_config config;
  caf::actor_system system;
  gateway_handle gateway;
};

void send_request(tcp::socket& socket, api_key key, api_version version, int32_t correlation_id) {
  wire_writer out;
  auto frame = out.begin_size32();
  encode_request_header(out, {key, version, correlation_id, "tester"});
  if (key == api_key::api_versions && version >= 3)
    encode(out, api_versions_request{"t", "1"}, version);
  out.patch_size32(frame);
  auto flat = out.finish_flat();
  boost::asio::write(socket, boost::asio::buffer(flat.data(), flat.size()));
}

std::vector<uint8_t> read_exactly(tcp::socket& socket, size_t size) {
  std::vector<uint8_t> bytes(size);
  boost::asio::read(socket, boost::asio::buffer(bytes));
  return bytes;
}

int32_t read_int32(tcp::socket& socket) {
  auto bytes = read_exactly(socket, 4);
  return load_big_endian<int32_t>(reinterpret_cast<const std::byte*>(bytes.data()));
}

/// Whether the broker has closed the connection (waits for it).
bool is_closed_by_peer(tcp::socket& socket) {
  char byte = 0;
  boost::system::error_code error;
  socket.read_some(boost::asio::buffer(&byte, 1), error);
  return error == boost::asio::error::eof || error == boost::asio::error::connection_reset;
}

}  // namespace

TEST_CASE("a client connects, asks and is answered over TCP, on either unit") {
  gateway_fixture fixture;
  const auto port = fixture.open();
  std::vector<tcp::socket> sockets;
  for (int i = 0; i < 6; ++i) sockets.push_back(fixture.connect(port));
  for (int round = 0; round < 50; ++round) {
    for (auto& socket : sockets) {
      send_request(socket, api_key::api_versions, static_cast<api_version>(round % 5), round);
    }
    for (auto& socket : sockets) {
      const auto size = read_int32(socket);
      CHECK(read_int32(socket) == round);
      read_exactly(socket, static_cast<size_t>(size) - 4);
    }
  }
  CHECK(fixture.connections() == 6);
  sockets.clear();
  CHECK(fixture.soon([&] { return fixture.connections() == 0; }));
}

TEST_CASE("a file goes out whole and in order to a reader that takes its time") {
  served_file() = std::make_shared<scratch_file>(file_bytes);
  gateway_fixture fixture;
  const auto port = fixture.open();
  auto socket = fixture.connect(port);
  send_request(socket, api_key::fetch, 4, 11);
  send_request(socket, api_key::fetch, 4, 12);
  for (int32_t id : {11, 12}) {
    CHECK(read_int32(socket) == file_bytes + 8);
    CHECK(read_int32(socket) == id);
    for (int64_t at = 0; at < file_bytes; at += 1 << 20) {
      auto block = read_exactly(socket, 1 << 20);
      bool same = true;
      for (int64_t i = 0; i < 1 << 20; ++i) {
        same = same && block[static_cast<size_t>(i)] == scratch_file::byte_at(at + i);
      }
      REQUIRE(same);
      if (at % (8 << 20) == 0) std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    CHECK(read_int32(socket) == 0x01020304);
  }
}

TEST_CASE("short and long ranges arrive in order, however little the reader takes at a time") {
  served_file() = std::make_shared<scratch_file>(file_bytes);
  gateway_fixture fixture;
  auto socket = fixture.connect(fixture.open());
  send_request(socket, api_key::list_offsets, 1, 5);
  const auto rest = read_exactly(socket, static_cast<size_t>(read_int32(socket)));
  size_t at = 4;
  int64_t position = 0;
  bool same = true;
  for (int64_t round = 0; round < piece_rounds; ++round) {
    for (auto length : piece_lengths) {
      for (int64_t i = 0; i < length; ++i)
        same = same && rest[at++] == scratch_file::byte_at(position++);
      same = same && rest[at++] == 0x55;
    }
  }
  CHECK(same);
  CHECK(at == rest.size());
  served_file() = nullptr;
}

TEST_CASE("a file that is cut while it is sent closes the connection") {
  served_file() = std::make_shared<scratch_file>(file_bytes);
  gateway_fixture fixture;
  const auto port = fixture.open();
  auto socket = fixture.connect(port);
  send_request(socket, api_key::fetch, 4, 1);
  CHECK(read_int32(socket) == file_bytes + 8);
  served_file()->cut(1'000);
  boost::system::error_code error;
  std::vector<uint8_t> rest(file_bytes + 4);
  const auto got = boost::asio::read(socket, boost::asio::buffer(rest), error);
  CHECK(error == boost::asio::error::eof);
  CHECK(got < rest.size());
  served_file() = nullptr;
}

TEST_CASE("a listener that cannot be bound is refused with its address, and none is left open") {
  gateway_fixture fixture;
  const auto port = fixture.open();
  auto refused = fixture.ask<gateway_opened>(open_gateway{{loopback(), loopback(port)}});
  REQUIRE(refused.failure);
  CHECK(refused.failure->find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
  CHECK(refused.bound.empty());
}

TEST_CASE("a listener without a host accepts IPv4, and IPv6 where there is any") {
  gateway_fixture fixture;
  auto everywhere = loopback();
  everywhere.host.clear();
  auto opened = fixture.ask<gateway_opened>(open_gateway{{everywhere}});
  REQUIRE_FALSE(opened.failure);
  caf::anon_send(fixture.gateway, accept_connections{});
  auto socket = fixture.connect(opened.bound[0].port);
  send_request(socket, api_key::api_versions, 0, 5);
  CHECK(read_int32(socket) > 0);
}

TEST_CASE("an address has no more connections than it may, and can replace one") {
  gateway_limits limits;
  limits.max_connections_per_ip = 2;
  gateway_fixture fixture{limits};
  const auto port = fixture.open();
  auto first = fixture.connect(port), second = fixture.connect(port);
  auto third = fixture.connect(port);
  CHECK(is_closed_by_peer(third));
  first.close();
  CHECK(fixture.soon([&] { return fixture.connections() == 1; }));
  auto fourth = fixture.connect(port);
  send_request(fourth, api_key::api_versions, 0, 9);
  CHECK(read_int32(fourth) > 0);
  CHECK(fixture.ask<gateway_counts>(query_gateway{}).refused_total == 1);
}

TEST_CASE("an override of the limit per address goes before the limit") {
  gateway_limits limits;
  limits.max_connections_per_ip = 1;
  limits.per_ip_overrides["127.0.0.1"] = 2;
  gateway_fixture fixture{limits};
  const auto port = fixture.open();
  auto first = fixture.connect(port), second = fixture.connect(port);
  send_request(second, api_key::api_versions, 0, 9);
  CHECK(read_int32(second) > 0);
}

TEST_CASE("at the limit of all connections new ones wait until one ends") {
  gateway_limits limits;
  SECTION("by configuration") {
    limits.max_connections = 2;
  }
  SECTION("by the process's open files") {
    limits.max_by_open_files = 2;
  }
  gateway_fixture fixture{limits};
  const auto port = fixture.open();
  auto first = fixture.connect(port), second = fixture.connect(port);
  CHECK(fixture.soon([&] { return fixture.connections() == 2; }));
  auto third = fixture.connect(port);  // by the system, not by us
  send_request(third, api_key::api_versions, 0, 9);
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  CHECK(fixture.connections() == 2);
  CHECK(third.available() == 0);
  first.close();
  CHECK(read_int32(third) > 0);
}

TEST_CASE("a listener at its own limit does not hold up the others") {
  gateway_limits limits;
  limits.by_listener["SIDE"].max_connections = 1;
  gateway_fixture fixture{limits};
  const auto [main, side] = fixture.open_two();
  auto first = fixture.connect(side);
  CHECK(fixture.soon([&] { return fixture.connections() == 1; }));
  auto second = fixture.connect(side);  // by the system, not by us
  send_request(second, api_key::api_versions, 0, 9);
  std::vector<tcp::socket> others;
  for (int i = 0; i < 3; ++i) others.push_back(fixture.connect(main));
  for (auto& other : others) {
    send_request(other, api_key::api_versions, 0, 9);
    CHECK(read_int32(other) > 0);
  }
  CHECK(second.available() == 0);
  others.clear();
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  CHECK(second.available() == 0);
  first.close();
  CHECK(read_int32(second) > 0);
}

TEST_CASE("a listener's own rate of connections does not hold up the others") {
  gateway_limits limits;
  limits.by_listener["SIDE"].max_connection_rate = 2;
  gateway_fixture fixture{limits};
  const auto [main, side] = fixture.open_two();
  const auto began = std::chrono::steady_clock::now();
  std::vector<tcp::socket> slow, fast;
  for (int i = 0; i < 5; ++i) slow.push_back(fixture.connect(side));
  for (int i = 0; i < 5; ++i) fast.push_back(fixture.connect(main));
  for (auto& each : fast) {
    send_request(each, api_key::api_versions, 0, 9);
    CHECK(read_int32(each) > 0);
  }
  CHECK(fixture.connections() < 10);
  CHECK(fixture.soon([&] { return fixture.connections() == 10; }));
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds{1'900});
}

TEST_CASE("a limit that is raised while connections wait lets them in") {
  auto most = std::make_shared<std::atomic<int32_t>>(1);
  gateway_limits limits;
  limits.max_connections = 1;
  gateway_fixture fixture{limits, [most] {
                            gateway_limits now;
                            now.max_connections = *most;
                            return now;
                          }};
  const auto port = fixture.open();
  auto first = fixture.connect(port), second = fixture.connect(port);
  send_request(second, api_key::api_versions, 0, 9);
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  CHECK(second.available() == 0);
  *most = 2;
  CHECK(read_int32(second) > 0);
}

TEST_CASE("connections above the rate wait for the next second") {
  gateway_limits limits;
  limits.max_connection_rate = 3;
  gateway_fixture fixture{limits};
  const auto port = fixture.open();
  const auto began = std::chrono::steady_clock::now();
  std::vector<tcp::socket> sockets;
  for (int i = 0; i < 7; ++i) sockets.push_back(fixture.connect(port));  // by the system
  CHECK(fixture.soon([&] { return fixture.connections() == 7; }));
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds{1'900});
}

TEST_CASE("each limit of connections has a line of its own, however soon after another's") {
  gateway_limits limits;
  limits.max_connections_per_ip = 1;
  limits.by_listener["SIDE"] = {1, 1};
  limits.max_connections = 3;
  gateway_fixture fixture{limits};
  const captured_errors errors;
  const auto is_said = [&](std::string_view part) {
    return fixture.soon([&] { return errors.text().find(part) != std::string::npos; });
  };
  const auto [main, side] = fixture.open_two();
  auto first = fixture.connect(main), refused = fixture.connect(main);
  CHECK(is_said("max.connections.per.ip allows"));
  auto second = fixture.connect(side, "127.0.0.2");
  CHECK(is_said("own max.connection.creation.rate allows"));
  CHECK(is_said("own max.connections allows"));
  auto third = fixture.connect(main, "127.0.0.3");
  CHECK(is_said("as many as max.connections allows"));
}

TEST_CASE("connections get the buffers that were asked for") {
  gateway_limits limits;
  limits.send_buffer_bytes = 50'000;
  limits.receive_buffer_bytes = 40'000;
  gateway_fixture fixture{limits};
  const auto port = fixture.open();
  auto client = fixture.connect(port);
  CHECK(fixture.soon([&] { return fixture.connections() == 1; }));
  // The other end of the connection is in this process: a descriptor with the same two ports.
  int found = 0;
  for (int descriptor = 3; descriptor < 256; ++descriptor) {
    sockaddr_in local{}, peer{};
    socklen_t size = sizeof local;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &size) != 0) continue;
    size = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (ntohs(local.sin_port) != port || peer.sin_port != htons(client.local_endpoint().port())) {
      continue;
    }
    int send = 0, receive = 0;
    size = sizeof send;
    ::getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &send, &size);
    ::getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive, &size);
    CHECK(send == 100'000);  // Linux doubles them for its own bookkeeping
    CHECK(receive == 80'000);
    ++found;
  }
  CHECK(found == 1);
}

TEST_CASE("idle connections are closed by the clock of the unit") {
  gateway_limits limits;
  limits.session.idle_ms = 100;
  gateway_fixture fixture{limits};
  const auto port = fixture.open();
  auto idle = fixture.connect(port);
  auto waits = fixture.connect(port);
  send_request(waits, api_key::metadata, 0, 1);  // is never answered
  CHECK(is_closed_by_peer(idle));
  std::this_thread::sleep_for(std::chrono::milliseconds{300});
  CHECK(fixture.connections() == 1);
}

TEST_CASE("closing the gateway ends every connection, whatever it is doing") {
  served_file() = std::make_shared<scratch_file>(file_bytes);
  boost::asio::io_context clients;
  std::vector<tcp::socket> sockets;
  {
    gateway_fixture fixture;
    const auto port = fixture.open();
    for (int i = 0; i < 9; ++i) {
      sockets.emplace_back(clients).connect({boost::asio::ip::address_v4::loopback(), port});
      if (i % 3 == 0) send_request(sockets.back(), api_key::metadata, 0, 1);
      if (i % 3 == 1) send_request(sockets.back(), api_key::fetch, 4, 1);  // and does not read
    }
    CHECK(fixture.soon([&] { return fixture.connections() == 9; }));
  }
  CHECK(is_closed_by_peer(sockets[0]));
  CHECK(is_closed_by_peer(sockets[2]));
  served_file() = nullptr;
}
