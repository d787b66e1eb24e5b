#include "tests/support/zookeeper_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/endian.hpp"

namespace ottla {
namespace {

constexpr int32_t multi_request = 14;

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int32_t number_at(const std::vector<std::byte>& bytes, size_t at) {
  return load_big_endian<int32_t>(bytes.data() + at);
}

bool send_all(int socket, const std::byte* data, size_t size) {
  while (size > 0) {
    auto sent = send(socket, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

}  // namespace

/// A connection of a client and the one to the server that belongs to it.
struct zookeeper_proxy::pair {
  int client = -1, server = -1;
  std::vector<std::byte> from_client, from_server;        ///< Of a frame that is not whole yet.
  bool client_is_known = false, server_is_known = false;  ///< Their first frames have come by.
  std::optional<int32_t> doomed;                          ///< The request whose answer breaks it.
};

zookeeper_proxy::zookeeper_proxy(uint16_t server_port) : server_port_(server_port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof(address);
  bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  listen(listener_, 16);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  if (pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) std::abort();
  thread_ = std::thread([this] { run(); });
}

zookeeper_proxy::~zookeeper_proxy() {
  stop_ = true;
  cut();
  thread_.join();
  close_all();
  close(listener_);
  close(wake_[0]);
  close(wake_[1]);
}

std::string zookeeper_proxy::connect() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void zookeeper_proxy::cut(bool blocked) {
  blocked_ = blocked;
  cut_ = true;
  char byte = 0;
  if (write(wake_[1], &byte, 1) != 1) return;  // It is awake already.
}

void zookeeper_proxy::run() {
  while (!stop_) {
    std::vector<pollfd> wanted = {{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    for (const auto& one : pairs_) {
      wanted.push_back({one.client, POLLIN, 0});
      wanted.push_back({one.server, POLLIN, 0});
    }
    poll(wanted.data(), wanted.size(), -1);
    std::array<char, 64> ignored{};
    while (read(wake_[0], ignored.data(), ignored.size()) > 0) {
    }
    if (cut_.exchange(false)) {
      close_all();
      continue;
    }
    size_t at = 2;
    for (auto one = pairs_.begin(); one != pairs_.end(); at += 2) {
      bool lives = (wanted[at].revents == 0 || read_from(*one, true)) &&
                   (wanted[at + 1].revents == 0 || read_from(*one, false));
      if (lives) {
        ++one;
        continue;
      }
      close(one->client);
      close(one->server);
      one = pairs_.erase(one);
    }
    if (wanted[0].revents != 0) accept_one();
  }
}

void zookeeper_proxy::accept_one() {
  pair one;
  one.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (one.client < 0) return;
  one.server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(server_port_);
  if (blocked_ ||
      ::connect(one.server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(one.client);
    close(one.server);
    return;
  }
  int on = 1;
  setsockopt(one.client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(one.server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  pairs_.push_back(std::move(one));
}

bool zookeeper_proxy::read_from(pair& connection, bool from_client) {
  std::array<std::byte, 65536> part{};
  auto count = recv(from_client ? connection.client : connection.server, part.data(), part.size(),
                    MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN;
  if (count == 0) return false;
  auto& held = from_client ? connection.from_client : connection.from_server;
  held.insert(held.end(), part.begin(), part.begin() + count);
  return forward_frames(connection, from_client);
}

// A frame is its length, then for a request its number and its kind, for an answer the number. The
// first of each direction, which opens the session, has neither.
bool zookeeper_proxy::forward_frames(pair& connection, bool from_client) {
  auto& held = from_client ? connection.from_client : connection.from_server;
  while (held.size() >= 4) {
    auto size = static_cast<size_t>(number_at(held, 0)) + 4;
    if (held.size() < size) return true;
    if (from_client && connection.client_is_known && size >= 12 &&
        number_at(held, 8) == multi_request) {
      auto what = next_.exchange(fate::normal);
      if (what == fate::lost_request) return false;
      if (what == fate::lost_answer) connection.doomed = number_at(held, 4);
    }
    if (from_client) connection.client_is_known = true;
    if (!from_client) {
      if (connection.doomed && number_at(held, 4) == *connection.doomed) return false;
      if (!std::exchange(connection.server_is_known, true)) remember_session(held);
    }
    if (!send_all(from_client ? connection.server : connection.client, held.data(), size)) {
      return false;
    }
    held.erase(held.begin(), held.begin() + static_cast<ptrdiff_t>(size));
  }
  return true;
}

// The server's first frame: length, version, timeout, the session's number, its password.
void zookeeper_proxy::remember_session(const std::vector<std::byte>& frame) {
  constexpr ptrdiff_t begin = 12, end = begin + 8 + 4 + 16;
  if (frame.size() < end) return;
  std::lock_guard lock{mutex_};
  session_.assign(frame.begin() + begin, frame.begin() + end);
}

// Another client takes over the session and closes it.
void zookeeper_proxy::end_session() {
  std::vector<std::byte> request;
  auto put = [&](auto value) {
    request.resize(request.size() + sizeof value);
    store_big_endian(request.data() + request.size() - sizeof value, value);
  };
  put(int32_t{44});      // Length.
  put(int32_t{0});       // Version.
  put(int64_t{0});       // Last transaction seen.
  put(int32_t{10'000});  // Timeout.
  {
    std::lock_guard lock{mutex_};
    request.insert(request.end(), session_.begin(), session_.end());
  }
  put(int32_t{8});
  put(int32_t{1});    // Number of the request.
  put(int32_t{-11});  // Close the session.
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(server_port_);
  std::array<std::byte, 256> answer{};
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      send_all(socket, request.data(), request.size())) {
    while (recv(socket, answer.data(), answer.size(), 0) > 0) {  // The server closes it.
    }
  }
  close(socket);
}

void zookeeper_proxy::close_all() {
  for (const auto& one : pairs_) {
    close(one.client);
    close(one.server);
  }
  pairs_.clear();
}

}  // namespace ottla
