// Real ZooKeeper servers as processes of a test: Debian's package, on loopback, in a scratch
// folder.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace ottla {

/// Why no server can be started here; nothing if one can.
std::optional<std::string> zookeeper_is_missing();

/// One server alone, or an ensemble. Ends with the object, and with the test's process.
class zookeeper_servers {
public:
  /// Returns when they serve; aborts with their output if they never do.
  explicit zookeeper_servers(size_t count = 1);
  ~zookeeper_servers();
  zookeeper_servers(const zookeeper_servers&) = delete;
  zookeeper_servers& operator=(const zookeeper_servers&) = delete;

  /// "127.0.0.1:port,127.0.0.1:port", for zookeeper.connect.
  [[nodiscard]] std::string connect() const;
  [[nodiscard]] uint16_t port(size_t server = 0) const { return servers_[server].port; }
  [[nodiscard]] size_t count() const { return servers_.size(); }
  /// The server that leads the ensemble now.
  [[nodiscard]] std::optional<size_t> leader() const;

  void kill(size_t server);
  /// Starts it again after kill(), on its old data.
  void start(size_t server);
  void wait_until_serving(size_t server);

private:
  struct one_server {
    std::string folder;
    uint16_t port = 0;
    pid_t process = -1;
  };
  void write_config(size_t number, const std::vector<uint16_t>& quorum_ports);

  temporary_directory directory_;
  std::vector<one_server> servers_;
};

}  // namespace ottla
