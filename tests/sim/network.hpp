// The network between simulated brokers: connections whose bytes move when it is told to, and not
// where it is cut.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/gateway/connector.hpp"
#include "tests/support/simulated_transport.hpp"

namespace ottla::sim {

/// Broker 2's host is "broker2".
inline const std::string host_prefix = "broker";

class network {
public:
  /// `listen(broker)`: its end of a new connection; null if nobody listens there.
  using listener = std::function<std::shared_ptr<simulated_transport>(int32_t broker)>;
  explicit network(listener listen) : listen_(std::move(listen)) {}

  /// How that broker connects to the others.
  connector connector_of(int32_t broker);
  /// Everything that a broker had is gone: the others see closed connections.
  void end_process(int32_t broker);
  /// Nothing gets from one to the other any more.
  void cut(int32_t from, int32_t to) { cuts_.emplace(from, to); }
  void heal() { cuts_.clear(); }
  [[nodiscard]] bool is_cut() const { return !cuts_.empty(); }
  /// The process at that end does nothing: what comes for it waits in front of it.
  void put_to_sleep(int32_t broker) { asleep_.insert(broker); }
  void wake(int32_t broker) { asleep_.erase(broker); }
  /// Ends a connection at both ends, as a reset does.
  void reset(size_t which);

  [[nodiscard]] size_t size() const { return attempts_.size() + links_.size(); }
  /// Moves what can be moved of one attempt or connection; whether anything did.
  bool carry(size_t which);

private:
  struct attempt {
    int32_t from = 0, to = 0;
    connect_ended ended;
  };
  struct link {
    int32_t from = 0, to = 0;
    std::shared_ptr<simulated_transport> caller, called;
  };

  bool settle(size_t which);
  bool carry_bytes(link& each);
  [[nodiscard]] bool passes(int32_t from, int32_t to) const { return !cuts_.contains({from, to}); }

  listener listen_;
  std::deque<attempt> attempts_;
  std::vector<link> links_;
  std::set<std::pair<int32_t, int32_t>> cuts_;
  std::set<int32_t> asleep_;
};

}  // namespace ottla::sim
