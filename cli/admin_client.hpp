// What the administrative commands ask of a cluster: finds the right broker for each request and
// repeats what may be repeated until the deadline.
//
// Blocking, for the foreground commands only; not thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/broker_connection.hpp"
#include "protocol/messages/metadata.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct connection_options {
  std::string bootstrap = "127.0.0.1:9092";
  double timeout_seconds = 15;

  /// For fields and settings in milliseconds: neither 0, which may mean for ever, nor beyond int32.
  [[nodiscard]] int32_t timeout_ms() const {
    return static_cast<int32_t>(std::clamp(timeout_seconds, 0.001, 1e6) * 1000);
  }
};

/// A partition with the broker that leads it.
struct led_partition {
  topic_partition which;
  broker_id leader = no_broker;
};

class admin_client {
public:
  /// Connects to the first bootstrap address that answers. One that accepts connections and says
  /// nothing leaves time for the others.
  static outcome<std::unique_ptr<admin_client>> connect(const connection_options& options);

  /// Asks any broker.
  template <class Request>
  outcome<typename Request::response> call(const Request& request, api_version newest = INT16_MAX) {
    return any_->call(request, until_, newest);
  }

  /// Asks one broker of the cluster.
  template <class Request>
  outcome<typename Request::response> call_broker(broker_id id, const Request& request,
                                                  api_version newest = INT16_MAX) {
    auto connection = connection_to(id);
    if (!connection) return std::move(connection.error());
    return (*connection)->call(request, until_, newest);
  }

  /// The same, but gives up after `patience`: for questions that a broker which hangs may leave
  /// open.
  template <class Request>
  outcome<typename Request::response> call_broker_within(std::chrono::milliseconds patience,
                                                         broker_id id, const Request& request) {
    auto whole =
        std::exchange(until_, std::min(until_, std::chrono::steady_clock::now() + patience));
    auto answer = call_broker(id, request);
    until_ = whole;
    return answer;
  }

  /// The cluster as it is now, with these topics (all without a list). Topics are created only with
  /// `may_create`, and if the brokers allow it.
  outcome<metadata_response> metadata(const std::optional<std::vector<std::string>>& topics,
                                      bool may_create = false);

  /// The controller, which every change of topics and configs goes to.
  outcome<broker_id> controller();
  /// The broker that coordinates a group.
  outcome<broker_id> coordinator(const std::string& group);
  /// Every broker that is up.
  outcome<std::vector<broker_id>> brokers();
  /// All partitions of the topics, in order. UNKNOWN_TOPIC_OR_PARTITION names a missing topic.
  outcome<std::vector<led_partition>> partitions(const std::vector<std::string>& topics);

  /// Repeats `attempt` while it fails with a retriable error and time is left.
  template <class Attempt>
  auto retry(Attempt attempt) -> decltype(attempt()) {
    for (;;) {
      auto result = attempt();
      if (result || !may_retry(result.error().code)) return result;
      wait_before_retry();
    }
  }

  [[nodiscard]] int32_t timeout_ms() const { return timeout_ms_; }

private:
  admin_client() = default;
  outcome<broker_connection*> connection_to(broker_id id);
  [[nodiscard]] bool may_retry(error_code code) const;
  void wait_before_retry();
  void remember(const metadata_response& cluster);

  deadline until_;
  int32_t timeout_ms_ = 0;
  std::unique_ptr<broker_connection> any_;
  std::map<broker_id, broker_address> addresses_;
  std::map<broker_id, std::unique_ptr<broker_connection>> connections_;
};

/// A fault from a code in an answer; `about` names the thing at fault, `message` may be the
/// broker's own words.
fault broker_fault(error_code code, std::string_view about,
                   const std::optional<std::string>& message = std::nullopt);

}  // namespace ottla
