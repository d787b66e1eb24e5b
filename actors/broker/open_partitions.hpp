// Which actor serves which partition of this broker. Any thread reads; the supervisor writes.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "actors/interfaces.hpp"
#include "protocol/types.hpp"

namespace ottla {

class open_partitions {
public:
  /// No handle unless the partition is open here.
  [[nodiscard]] partition_handle find(const topic_id_partition& which) const {
    std::shared_lock lock{mutex_};
    auto found = open_.find(which);
    return found == open_.end() ? partition_handle{} : found->second;
  }

  void add(const topic_id_partition& which, partition_handle handle) {
    std::unique_lock lock{mutex_};
    open_.insert_or_assign(which, std::move(handle));
  }

  void remove(const topic_id_partition& which) {
    std::unique_lock lock{mutex_};
    open_.erase(which);
  }

  [[nodiscard]] std::vector<std::pair<topic_id_partition, partition_handle>> all() const {
    std::shared_lock lock{mutex_};
    return {open_.begin(), open_.end()};
  }

  void clear() {
    std::unique_lock lock{mutex_};
    open_.clear();
  }

private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<topic_id_partition, partition_handle> open_;
};

}  // namespace ottla
