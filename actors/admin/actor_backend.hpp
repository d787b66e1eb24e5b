// The admin interface's backend in a broker: passes each question to the admin actor.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <memory>

#include "actors/admin/admin_messages.hpp"
#include "actors/broker/broker_services.hpp"
#include "admin-ui/server/admin_backend.hpp"

namespace ottla {

/// Who answers for the admin interface.
struct admin_actors {
  admin_questions_handle questions;
  feeds_handle feeds;
  memberships_handle memberships;

  /// Ends them, and waits until nothing reads the broker's services any more.
  void stop(caf::scoped_actor& self);
};

/// Starts them; the questions have a thread of their own. `services` outlives them.
admin_actors spawn_admin(caf::actor_system& system, const broker_services& services);

/// What is asked after their end is answered with a fault.
std::shared_ptr<admin_backend> make_actor_backend(const admin_actors& actors);

}  // namespace ottla
