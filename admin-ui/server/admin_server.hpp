// The admin interface's server: one thread of its own, which runs HTTP and WebSocket connections.
//
// It asks the backend and never waits for it, and touches no disk. Knows nothing of actors.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin-ui/server/admin_backend.hpp"
#include "admin-ui/server/api.hpp"
#include "admin-ui/server/request_guard.hpp"

namespace ottla {

struct admin_endpoint {
  std::string host;  ///< Empty: every address.
  uint16_t port = 0;
};

struct admin_limits {
  size_t connections_max = 512;
  size_t connections_per_address_max = 64;
  size_t websockets_max = 256;
  size_t websockets_per_address_max = 64;
  size_t messages_per_second_max = 200;  ///< Of one WebSocket.
  size_t requests_per_second_max = 200;  ///< Of one address.
  int64_t first_request_ms = 10'000;     ///< From the connection to the end of the headers.
  int64_t body_ms = 30'000;
  int64_t idle_ms = 60'000;                   ///< Between requests.
  int64_t push_interval_ms = 1'000;           ///< Between two looks at a watched channel.
  int64_t hello_ms = 5'000;                   ///< For the first frame of a WebSocket for records.
  size_t record_bytes_queued_max = 64 << 20;  ///< On all of those: who reads, waits.
  int64_t slow_reader_ms = 15'000;            ///< For one frame of a WebSocket.
  int64_t answer_ms = 30'000;                 ///< To send an answer to a slow reader.
};

struct admin_server_options {
  std::vector<admin_endpoint> listeners;
  guard_rules rules;
  server_facts facts;
  admin_limits limits;
  std::string instance;  ///< Of this run of the broker: request ids begin with it.
  /// Tells people about connections that cannot be accepted; called on the server's thread.
  std::function<void(const std::string& what)> warn = [](const std::string&) {};
};

struct server_core;

class admin_server {
public:
  /// Binds the listeners and serves. The fault names the address that is in use.
  static outcome<std::unique_ptr<admin_server>> start(admin_server_options options,
                                                      std::shared_ptr<admin_backend> backend);
  ~admin_server();
  admin_server(const admin_server&) = delete;
  admin_server& operator=(const admin_server&) = delete;

  /// Where it listens, with the ports that the system picked.
  [[nodiscard]] const std::vector<admin_endpoint>& bound() const { return bound_; }
  /// Closes every connection and ends the thread. Answers that come later go nowhere.
  void stop();

private:
  class thread;
  admin_server(std::shared_ptr<server_core> core, std::vector<admin_endpoint> bound);

  std::shared_ptr<server_core> core_;
  std::vector<admin_endpoint> bound_;
  std::unique_ptr<thread> thread_;
};

}  // namespace ottla
