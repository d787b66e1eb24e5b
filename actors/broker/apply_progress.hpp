// Which images are in effect: an image counts once everything that it and those before it asked for
// has been done.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "protocol/assert.hpp"

namespace ottla {

class apply_progress {
public:
  /// An image has come that asks for `steps` things. Sequences rise.
  void begin(int64_t sequence, size_t steps) { open_.push_back({sequence, steps}); }

  /// One step of the image with this sequence is done.
  void step_done(int64_t sequence) {
    for (auto& each : open_) {
      // The same image may be carried out twice, for another life of the broker.
      if (each.sequence != sequence || each.steps == 0) continue;
      --each.steps;
      return;
    }
    OTTLA_ASSERT(false);
  }

  /// The newest image that is in effect now, if there is one that was not told before.
  std::optional<int64_t> take_applied() {
    std::optional<int64_t> applied;
    while (!open_.empty() && open_.front().steps == 0) {
      applied = open_.front().sequence;
      open_.pop_front();
    }
    return applied;
  }

private:
  struct image {
    int64_t sequence;
    size_t steps;
  };
  std::deque<image> open_;
};

}  // namespace ottla
