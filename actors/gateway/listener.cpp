#include "actors/gateway/listener.hpp"

#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <chrono>
#include <vector>

namespace ottla {
namespace {

using boost::asio::ip::tcp;

constexpr int accepts_per_turn = 64;
constexpr auto rest_without_descriptors = std::chrono::milliseconds{100};

fault cannot_listen(const listener_config& config, const std::string& why) {
  return {error_code::unknown_server_error,
          fmt::format("cannot listen on {}: {}", to_string(config), why)};
}

/// Where to bind: all addresses for an empty host; IPv4 first where a name has both.
outcome<std::vector<tcp::endpoint>> endpoints_of(boost::asio::io_context& context,
                                                 const listener_config& config) {
  if (config.host.empty()) {
    return std::vector<tcp::endpoint>{{tcp::v6(), config.port}, {tcp::v4(), config.port}};
  }
  tcp::resolver resolver{context};
  boost::system::error_code error;
  auto found = resolver.resolve(config.host, std::to_string(config.port),
                                tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) return cannot_listen(config, error.message());
  std::vector<tcp::endpoint> endpoints;
  for (const auto& each : found) {
    const bool is_v4 = each.endpoint().address().is_v4();
    endpoints.insert(is_v4 ? endpoints.begin() : endpoints.end(), each.endpoint());
  }
  return endpoints;
}

boost::system::error_code try_bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint,
                                   int backlog) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error && endpoint.protocol() == tcp::v6()) {
    acceptor.set_option(boost::asio::ip::v6_only{!endpoint.address().is_unspecified()}, error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (!error) acceptor.non_blocking(true, error);
  boost::system::error_code ignored;
  if (error) acceptor.close(ignored);
  return error;
}

}  // namespace

listener::listener(io_unit& home, const listener_config& wanted, on_accept accepted)
    : home_(home),
      config_(wanted),
      accepted_(std::move(accepted)),
      acceptor_(home.context()),
      rest_timer_(home.context()) {}

outcome<std::shared_ptr<listener>> listener::open(io_unit& home, const listener_config& wanted,
                                                  int backlog, on_accept accepted) {
  std::shared_ptr<listener> made{new listener(home, wanted, std::move(accepted))};
  if (auto bound = made->bind(backlog); !bound) return std::move(bound.error());
  return made;
}

outcome<void> listener::bind(int backlog) {
  auto endpoints = endpoints_of(home_.context(), config_);
  if (!endpoints) return std::move(endpoints.error());
  boost::system::error_code error = boost::asio::error::host_not_found;
  for (const auto& endpoint : *endpoints) {
    error = try_bind(acceptor_, endpoint, backlog);
    if (error) {
      // A machine without IPv6 has no wildcard address of it; any other failure is final.
      if (error == boost::asio::error::address_in_use) break;
      continue;
    }
    protocol_ = endpoint.protocol();
    config_.port = acceptor_.local_endpoint().port();
    if (config_.advertised_port == 0) config_.advertised_port = config_.port;
    return {};
  }
  return cannot_listen(config_, error.message());
}

void listener::resume() {
  paused_ = false;
  await_connection();
}

void listener::pause() {
  paused_ = true;
}

void listener::close() {
  paused_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  rest_timer_.cancel();
}

void listener::await_connection() {
  if (paused_ || resting_ || awaiting_ || !acceptor_.is_open()) return;
  awaiting_ = true;
  acceptor_.async_wait(tcp::acceptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         self->awaiting_ = false;
                         if (error) return;
                         self->home_.burst([&] { self->accept_waiting(); });
                         self->await_connection();
                       });
}

void listener::accept_waiting() {
  for (int i = 0; i < accepts_per_turn && !paused_; ++i) {
    tcp::endpoint peer;
    auto length = static_cast<socklen_t>(peer.capacity());
    const int descriptor =
        ::accept4(acceptor_.native_handle(), peer.data(), &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0) {
      peer.resize(length);
      accepted_(*this, {descriptor, peer});
    } else if (errno == EAGAIN) {
      return;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      return rest_after(errno);
    }
    // Anything else concerns a connection that is gone already.
  }
}

/// Without descriptors the waiting connection would wake us for ever.
void listener::rest_after(int error) {
  int64_t skipped = 0;
  if (complaints_.allow(home_.time().mono_ms(), skipped)) {
    log::error("gateway", "cannot accept connections on {}: {}", to_string(config_),
               std::system_category().message(error));
  }
  resting_ = true;
  rest_timer_.expires_after(rest_without_descriptors);
  rest_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    self->resting_ = false;
    if (!cancelled) self->await_connection();
  });
}

}  // namespace ottla
