// What all connections of the admin server share. Used on the server's thread only, but for post().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "admin-ui/server/admin_server.hpp"
#include "admin-ui/server/event_hub.hpp"

namespace ottla {

/// A connection as the server sees it.
class open_connection {
public:
  virtual ~open_connection() = default;
  /// Closes at once.
  virtual void cut() = 0;
};

using address_counts = std::map<std::string, size_t>;

/// Counts one more of an address for as long as it lives.
class counted_address {
public:
  counted_address(address_counts& counts, std::string address)
      : counts_(counts), place_(counts.try_emplace(std::move(address)).first) {
    ++place_->second;
  }
  ~counted_address() {
    if (--place_->second == 0) counts_.erase(place_);
  }
  counted_address(const counted_address&) = delete;
  counted_address& operator=(const counted_address&) = delete;

  [[nodiscard]] const std::string& text() const { return place_->first; }
  [[nodiscard]] size_t count() const { return place_->second; }

private:
  address_counts& counts_;
  address_counts::iterator place_;
};

struct server_core : std::enable_shared_from_this<server_core> {
  admin_server_options options;
  std::shared_ptr<admin_backend> backend;
  boost::asio::io_context context{1};
  std::vector<boost::asio::ip::tcp::acceptor> acceptors;
  /// They live as long as they are in here and, to the end of what they are about, a little longer.
  std::set<std::shared_ptr<open_connection>> connections;
  address_counts connections_by_address;
  address_counts requests_by_address;         ///< Since `second` began.
  boost::asio::steady_timer second{context};  ///< Runs while there are any.
  size_t websockets = 0;
  size_t record_bytes_queued = 0;  ///< In frames of all WebSockets for records.
  address_counts websockets_by_address;
  uint64_t requests = 0;
  bool is_stopping = false;
  event_hub hub{*this};

  /// False if the address has sent too many within a second.
  bool count_request(const std::string& address);
  /// "a1b2c3d4-17"
  std::string next_request_id() { return options.instance + "-" + std::to_string(++requests); }
};

/// Serves one accepted socket until it closes (http_connection.cpp).
void serve_http(const std::shared_ptr<server_core>& core, boost::asio::ip::tcp::socket socket);

}  // namespace ottla
