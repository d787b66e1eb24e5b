#include "actors/partition/replication_quota.hpp"

#include <algorithm>

namespace ottla {

void replication_quota::limit(int64_t bytes_per_second) {
  limit_.store(bytes_per_second, std::memory_order_relaxed);
}

void replication_quota::fill(int64_t now_ms) {
  const auto per_ms = static_cast<double>(limit_.load(std::memory_order_relaxed)) / 1'000;
  const auto most = per_ms * credit_max_ms;
  if (!is_begun_) left_bytes_ = most;
  const auto since_ms = is_begun_ ? std::max<int64_t>(now_ms - filled_ms_, 0) : 0;
  is_begun_ = true;
  filled_ms_ = std::max(filled_ms_, now_ms);
  const auto owed = std::max(left_bytes_, -per_ms * debt_max_ms);  // the limit may be another one
  left_bytes_ = std::min(owed + per_ms * static_cast<double>(since_ms), most);
}

void replication_quota::record(int64_t bytes, int64_t now_ms) {
  if (!is_limited()) return;
  std::lock_guard lock{mutex_};
  fill(now_ms);
  left_bytes_ -= static_cast<double>(bytes);
}

bool replication_quota::is_exceeded(int64_t now_ms) {
  if (!is_limited()) return false;
  std::lock_guard lock{mutex_};
  fill(now_ms);
  return left_bytes_ <= 0;
}

bool replica_throttle::holds_back(const topic_id_partition& which, int64_t now_ms) const {
  return quota && quota->is_exceeded(now_ms) && is_for(which);
}

void replica_throttle::count(const topic_id_partition& which, int64_t bytes, int64_t now_ms) const {
  if (quota && bytes > 0 && quota->is_limited() && is_for(which)) quota->record(bytes, now_ms);
}

}  // namespace ottla
