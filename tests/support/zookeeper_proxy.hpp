// Stands between a ZooKeeper client and its server and breaks the connection at chosen moments.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ottla {

class zookeeper_proxy {
public:
  /// What happens to the next multi that comes by.
  enum class fate : uint8_t {
    normal,
    lost_request,  ///< The connection breaks before the server gets it.
    lost_answer    ///< The connection breaks when the server has answered it.
  };

  /// Forwards connections to a port of 127.0.0.1.
  explicit zookeeper_proxy(uint16_t server_port);
  ~zookeeper_proxy();
  zookeeper_proxy(const zookeeper_proxy&) = delete;
  zookeeper_proxy& operator=(const zookeeper_proxy&) = delete;

  [[nodiscard]] std::string connect() const;
  /// Once; then everything is normal again.
  void next_multi(fate what) { next_ = what; }
  /// Breaks all connections, and while `blocked` every new one.
  void cut(bool blocked = false);
  void unblock() { blocked_ = false; }
  /// Ends the session of the client that connected last, as if its server had counted it out.
  void end_session();

private:
  struct pair;
  void run();
  void accept_one();
  bool read_from(pair& connection, bool from_client);
  bool forward_frames(pair& connection, bool from_client);
  void remember_session(const std::vector<std::byte>& frame);
  void close_all();

  uint16_t server_port_;
  uint16_t port_ = 0;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::atomic<fate> next_ = fate::normal;
  std::atomic<bool> blocked_ = false, cut_ = false, stop_ = false;
  std::mutex mutex_;
  std::vector<std::byte> session_;  ///< Number and password of the last session; guarded.
  std::list<pair> pairs_;
  std::thread thread_;
};

}  // namespace ottla
