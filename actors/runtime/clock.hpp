// Time as actors see it. Only the system clock in clock.cpp asks the operating system; tests and
// simulation hand out a clock of their own. Thread-safe.
#pragma once

#include <cstdint>

#include "protocol/types.hpp"

namespace ottla {

class clock {
public:
  virtual ~clock() = default;
  /// Milliseconds since 1970-01-01 UTC; may jump when somebody sets the machine's clock.
  [[nodiscard]] virtual timestamp_ms wall_ms() const = 0;
  /// Microseconds that only ever rise, from an arbitrary start: for durations and deadlines.
  [[nodiscard]] virtual int64_t mono_us() const = 0;
  [[nodiscard]] int64_t mono_ms() const { return mono_us() / 1000; }
};

/// The machine's clock.
const clock& system_clock();

}  // namespace ottla
