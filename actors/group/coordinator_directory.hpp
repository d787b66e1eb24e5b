// Which actor coordinates which group, of those that this broker coordinates. Any thread reads;
// coordinators_actor writes.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/group/java_string.hpp"
#include "actors/interfaces.hpp"

namespace ottla {

class coordinator_directory {
public:
  /// No handle unless the group belongs to this broker; then NOT_COORDINATOR is the answer.
  [[nodiscard]] coordinator_handle find(std::string_view group_id) const {
    auto known = get();
    if (!known || known->empty()) return {};
    const auto partition = coordinator_partition(group_id, static_cast<int32_t>(known->size()));
    return (*known)[static_cast<size_t>(partition)];
  }

  /// Every coordinator of this broker.
  [[nodiscard]] std::vector<coordinator_handle> all() const {
    std::vector<coordinator_handle> here;
    if (auto known = get()) {
      for (const auto& one : *known) {
        if (one) here.push_back(one);
      }
    }
    return here;
  }

  /// One place per partition of `__consumer_offsets`, empty where another broker leads.
  void set(std::vector<coordinator_handle> by_partition) {
    auto next = std::make_shared<const std::vector<coordinator_handle>>(std::move(by_partition));
    std::lock_guard lock{mutex_};
    by_partition_.swap(next);
  }

private:
  [[nodiscard]] std::shared_ptr<const std::vector<coordinator_handle>> get() const {
    std::lock_guard lock{mutex_};
    return by_partition_;
  }

  mutable std::mutex mutex_;
  std::shared_ptr<const std::vector<coordinator_handle>> by_partition_;
};

}  // namespace ottla
