#include "actors/gateway/connector.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "actors/gateway/tcp_transport.hpp"
#include "actors/runtime/io_unit.hpp"

namespace ottla {
namespace {

using boost::asio::ip::tcp;

class attempt : public std::enable_shared_from_this<attempt> {
public:
  attempt(io_unit& home, connect_ended ended)
      : home_(home),
        resolver_(home.context()),
        socket_(home.context()),
        deadline_(home.context()),
        ended_(std::move(ended)) {}

  void begin(const std::string& host, uint16_t port, int64_t timeout_ms) {
    deadline_.expires_after(std::chrono::milliseconds{timeout_ms});
    deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
      if (!cancelled) self->finish(network_fault("it took too long"));
    });
    boost::system::error_code is_name;
    const auto address = boost::asio::ip::make_address(host, is_name);
    if (!is_name) return connect({{address, port}});
    resolver_.async_resolve(host, std::to_string(port),
                            [self = shared_from_this()](const boost::system::error_code& error,
                                                        const tcp::resolver::results_type& found) {
                              if (error) return self->finish(network_fault(error.message()));
                              std::vector<tcp::endpoint> endpoints;
                              for (const auto& each : found) endpoints.push_back(each.endpoint());
                              self->connect(std::move(endpoints));
                            });
  }

private:
  void connect(std::vector<tcp::endpoint> endpoints) {
    if (!ended_) return;  // too late
    endpoints_ = std::move(endpoints);
    boost::asio::async_connect(
        socket_, endpoints_,
        [self = shared_from_this()](const boost::system::error_code& error, const tcp::endpoint&) {
          self->finish(error ? std::optional{network_fault(error.message(), error.value())}
                             : std::nullopt);
        });
  }

  static fault network_fault(std::string why, int os_errno = 0) {
    return {error_code::network_exception, std::move(why), os_errno};
  }

  /// Without a failure the socket is connected.
  void finish(const std::optional<fault>& failure) {
    auto ended = std::exchange(ended_, nullptr);
    if (!ended) return;
    deadline_.cancel();
    resolver_.cancel();
    std::shared_ptr<transport> made;
    if (!failure) {
      made = tcp_transport::create(home_, std::move(socket_));
    } else {
      boost::system::error_code ignored;
      socket_.close(ignored);
    }
    home_.burst([&] { ended(std::move(made), failure.value_or(fault{})); });
  }

  io_unit& home_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  std::vector<tcp::endpoint> endpoints_;
  connect_ended ended_;
};

}  // namespace

void connect_tcp(unit& home, const std::string& host, uint16_t port, int64_t timeout_ms,
                 connect_ended ended) {
  auto& where = dynamic_cast<io_unit&>(home);
  auto made = std::make_shared<attempt>(where, std::move(ended));
  boost::asio::post(where.context(),
                    [made, host, port, timeout_ms] { made->begin(host, port, timeout_ms); });
}

}  // namespace ottla
