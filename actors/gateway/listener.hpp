// One listening socket and its accept loop, on the unit of the gateway.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "actors/config/listener_config.hpp"
#include "actors/runtime/io_unit.hpp"
#include "actors/runtime/log.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

class listener : public std::enable_shared_from_this<listener> {
public:
  /// A connection as the system hands it over: the receiver owns the descriptor.
  struct connection {
    int descriptor = -1;
    boost::asio::ip::tcp::endpoint peer;
  };
  /// Called on the unit's thread, inside a burst.
  using on_accept = std::function<void(const listener& from, connection accepted)>;

  /// Binds and listens; at most `backlog` connections queue in the system until resume().
  static outcome<std::shared_ptr<listener>> open(io_unit& home, const listener_config& wanted,
                                                 int backlog, on_accept accepted);

  void resume();
  /// Leaves connections in the system's queue.
  void pause();
  void close();

  /// As it was asked for, with the port that is bound.
  [[nodiscard]] const listener_config& config() const { return config_; }
  [[nodiscard]] boost::asio::ip::tcp protocol() const { return protocol_; }

private:
  listener(io_unit& home, const listener_config& wanted, on_accept accepted);
  outcome<void> bind(int backlog);
  void await_connection();
  void accept_waiting();
  void rest_after(int error);

  io_unit& home_;
  listener_config config_;
  on_accept accepted_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp protocol_ = boost::asio::ip::tcp::v4();
  boost::asio::steady_timer rest_timer_;
  log::limiter complaints_;
  bool paused_ = true;
  bool resting_ = false;
  bool awaiting_ = false;
};

}  // namespace ottla
