#include "actors/runtime/clock.hpp"

#include <chrono>

namespace ottla {
namespace {

class machine_clock final : public clock {
public:
  [[nodiscard]] timestamp_ms wall_ms() const override {
    auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }
  [[nodiscard]] int64_t mono_us() const override {
    auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  }
};

}  // namespace

const clock& system_clock() {
  static const machine_clock instance;
  return instance;
}

}  // namespace ottla
