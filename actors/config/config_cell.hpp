// The broker's configuration as it is now; changes at run time put a new one in its place. Any
// thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "actors/config/broker_config.hpp"

namespace ottla {

class config_cell {
public:
  explicit config_cell(broker_config config)
      : config_(std::make_shared<const broker_config>(std::move(config))) {}

  [[nodiscard]] std::shared_ptr<const broker_config> get() const {
    std::lock_guard lock{mutex_};
    return config_;
  }

  void set(broker_config config) {
    auto next = std::make_shared<const broker_config>(std::move(config));
    std::lock_guard lock{mutex_};
    config_.swap(next);
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const broker_config> config_;
};

}  // namespace ottla
