#include "admin-ui/server/admin_server.hpp"

#include <pthread.h>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "admin-ui/server/server_core.hpp"

namespace ottla {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio_error = boost::system::error_code;

/// After accept() has failed, for example for want of file descriptors.
constexpr auto accept_pause = std::chrono::milliseconds(100);

void accept_next(const std::shared_ptr<server_core>& core, size_t index) {
  core->acceptors[index].async_accept([core, index](const asio_error& error, tcp::socket socket) {
    if (core->is_stopping) return;
    if (!error) {
      serve_http(core, std::move(socket));
      return accept_next(core, index);
    }
    core->options.warn("a connection to the admin interface was not accepted: " + error.message());
    auto pause = std::make_shared<asio::steady_timer>(core->context, accept_pause);
    pause->async_wait([core, index, pause](const asio_error&) {
      if (!core->is_stopping) accept_next(core, index);
    });
  });
}

fault cannot_listen(const admin_endpoint& where, const asio_error& error) {
  const bool is_in_use = error == asio::error::address_in_use;
  return {
      ottla::error_code::invalid_config,
      "the admin interface cannot listen on " + where.host + ":" + std::to_string(where.port) +
          ": " + error.message() +
          (is_in_use ? "; choose another port with admin.listeners, or none to go without" : ""),
      error.value()};
}

outcome<tcp::acceptor> listen_on(asio::io_context& context, const admin_endpoint& where) {
  asio_error error;
  tcp::resolver resolver{context};
  tcp::endpoint endpoint{tcp::v6(), where.port};
  if (!where.host.empty()) {
    const auto found =
        resolver.resolve(where.host, std::to_string(where.port), tcp::resolver::passive, error);
    if (error) return cannot_listen(where, error);
    endpoint = *found.begin();
  }
  tcp::acceptor acceptor{context};
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && where.host.empty()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(where, error);
  return acceptor;
}

}  // namespace

bool server_core::count_request(const std::string& address) {
  if (requests_by_address.empty()) {
    second.expires_after(std::chrono::seconds(1));
    second.async_wait([this](const asio_error&) { requests_by_address.clear(); });
  }
  return ++requests_by_address[address] <= options.limits.requests_per_second_max;
}

class admin_server::thread {
public:
  explicit thread(std::shared_ptr<server_core> core)
      : running_([core = std::move(core)] {
          pthread_setname_np(pthread_self(), "ottla-admin");
          core->context.run();  // until everything is closed: see stop()
        }) {}
  void join() { running_.join(); }

private:
  std::thread running_;
};

outcome<std::unique_ptr<admin_server>> admin_server::start(admin_server_options options,
                                                           std::shared_ptr<admin_backend> backend) {
  auto core = std::make_shared<server_core>();
  core->options = std::move(options);
  core->backend = std::move(backend);
  std::vector<admin_endpoint> bound;
  for (const auto& each : core->options.listeners) {
    auto acceptor = listen_on(core->context, each);
    if (!acceptor) return std::move(acceptor.error());
    bound.push_back({each.host, acceptor->local_endpoint().port()});
    core->acceptors.push_back(std::move(*acceptor));
  }
  for (size_t i = 0; i < core->acceptors.size(); ++i) accept_next(core, i);
  return std::unique_ptr<admin_server>(new admin_server(std::move(core), std::move(bound)));
}

admin_server::admin_server(std::shared_ptr<server_core> core, std::vector<admin_endpoint> bound)
    : core_(std::move(core)), bound_(std::move(bound)), thread_(std::make_unique<thread>(core_)) {}

admin_server::~admin_server() {
  stop();
}

void admin_server::stop() {
  if (!thread_) return;
  asio::post(core_->context, [core = core_.get()] {
    core->is_stopping = true;
    for (auto& each : core->acceptors) {
      asio_error ignored;
      each.close(ignored);
    }
    core->second.cancel();
    core->hub.stop();
    const auto connections = core->connections;
    for (const auto& each : connections) each->cut();
  });
  thread_->join();
  thread_.reset();
  // A backend that still holds a reply holds the core with it.
  core_->backend.reset();
}

}  // namespace ottla
