// A thread that may block, for the logs of one directory. It keeps nothing between two jobs.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <memory>

#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"
#include "storage/file_handles.hpp"

namespace ottla {

class disk_actor final : public pinned<disk_handle::base> {
public:
  /// `handles` belongs to the directory and is shared by all its actors.
  disk_actor(caf::actor_config& config, unit& works_for, std::shared_ptr<file_handles> handles);

  const char* name() const override { return "disk"; }
  behavior_type make_behavior() override;

private:
  opened_log open(open_log& job);

  std::shared_ptr<file_handles> handles_;
};

}  // namespace ottla
