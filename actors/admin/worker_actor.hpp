// A thread for what the admin interface reads from disks and looks through. Keeps nothing between
// two pieces of work.
#pragma once

#include <caf/typed_event_based_actor.hpp>

#include "actors/admin/admin_messages.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

class worker_actor final : public pinned<admin_worker_handle::base> {
public:
  worker_actor(caf::actor_config& config, unit& works_for) : pinned(config, works_for) {}

  const char* name() const override { return "admin worker"; }
  behavior_type make_behavior() override {
    return {[](const admin_work& work) {
      auto ended = work.run();
      work_done answer;
      if (!ended) answer.failure = std::move(ended.error());
      return answer;
    }};
  }
};

}  // namespace ottla
