// Reads one partition of `__consumer_offsets` from start to end and rebuilds its groups.
//
// On a thread of its own: a big log takes a while to read, and other actors shall not wait for it.
// Ends when it has answered.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <string>

#include "actors/group/group_log_replay.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

struct group_loader_setup {
  std::string subject;  ///< For the log: "__consumer_offsets-7".
  partition_handle partition;
  leader_epoch epoch = no_leader_epoch;
  int32_t buffer_bytes = 0;
  log_offset begin = 0;
  log_offset end = 0;  ///< The log end when loading began; all before it is read.
};

class group_loader final : public pinned<group_loader_handle::base> {
public:
  group_loader(caf::actor_config& config, unit& works_for, group_loader_setup setup);

  const char* name() const override { return "group_loader"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  void read();
  void has_read(const read_result& result);
  /// Returns whether the batches made sense.
  bool replay(const read_result& result);
  void finish(error_code error);

  group_loader_setup setup_;
  log_offset next_;
  group_log_replay replay_;
  caf::typed_response_promise<groups_loaded> promise_;
};

}  // namespace ottla
