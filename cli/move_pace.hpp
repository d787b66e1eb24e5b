// How fast replicas are being copied, and how long the rest takes at that pace. Plain code; fed with
// what is left from time to time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace ottla {

class move_pace {
public:
  void see(int64_t now_ms, int64_t bytes_left);
  /// Over the last half minute. Nothing before there is something to go by.
  [[nodiscard]] std::optional<int64_t> bytes_per_second() const;
  /// Nothing also where it does not get less.
  [[nodiscard]] std::optional<int64_t> seconds_left() const;

private:
  struct sample {
    int64_t at_ms = 0;
    int64_t bytes_left = 0;
  };
  std::deque<sample> seen_;
};

}  // namespace ottla
