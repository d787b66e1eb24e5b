// Looks through logs for bytes that have changed on the disk, one log after the other and slowly,
// on a thread of its own (ottla.scrub.*).
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <memory>

#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

class scrubber_actor final : public pinned<scrubber_handle::base> {
public:
  scrubber_actor(caf::actor_config& config, unit& works_for) : pinned(config, works_for) {}

  const char* name() const override { return "scrubber"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  void begin(scrub_logs& wanted);
  void next_log();
  void step();
  void go_on(int64_t bytes);
  void report(const quarantined_range& range);

  std::deque<partition_control> waiting_;
  partition_control current_;
  std::shared_ptr<log_scrub> job_;
  bool is_busy_ = false;
  int64_t bytes_per_second_max_ = 0;
  size_t logs_ = 0;
  int64_t bytes_ = 0;
  size_t damaged_ = 0;
};

}  // namespace ottla
