// How much of the network the copying of throttled replicas may take on one side of a broker
// (KIP-73): a leader holds their records back, a follower does not ask for them.
//
// One quota for all partitions of the broker; any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "protocol/types.hpp"

namespace ottla {

/// A bucket that fills at the rate of the limit, and may be overdrawn by what one fetch brings.
class replication_quota {
public:
  /// INT64_MAX: no limit.
  void limit(int64_t bytes_per_second);
  [[nodiscard]] bool is_limited() const { return limit_.load(std::memory_order_relaxed) != none; }
  void record(int64_t bytes, int64_t now_ms);
  [[nodiscard]] bool is_exceeded(int64_t now_ms);

  /// What may be saved up, and what is paid back at most, each at the limit. Replicas in sync are
  /// never held back but count: without an end to it they would make a debt of hours.
  static constexpr int64_t credit_max_ms = 1'000;
  static constexpr int64_t debt_max_ms = 10'000;

private:
  static constexpr int64_t none = INT64_MAX;

  void fill(int64_t now_ms);

  std::atomic<int64_t> limit_ = none;
  std::mutex mutex_;
  bool is_begun_ = false;
  int64_t filled_ms_ = 0;
  double left_bytes_ = 0;
};

/// The quota of one side, and whom it is for. Without a quota nobody is throttled.
struct replica_throttle {
  std::shared_ptr<replication_quota> quota;
  std::function<bool(const topic_id_partition&)> is_for;

  /// Whether a replica of `which` that is not in sync has to wait.
  [[nodiscard]] bool holds_back(const topic_id_partition& which, int64_t now_ms) const;
  void count(const topic_id_partition& which, int64_t bytes, int64_t now_ms) const;
};

}  // namespace ottla
