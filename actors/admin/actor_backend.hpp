// The admin interface's backend in a broker: passes each question to the admin actor.
#pragma once

#include <caf/actor_system.hpp>
#include <memory>

#include "actors/admin/admin_messages.hpp"
#include "actors/broker/broker_services.hpp"
#include "admin-ui/server/admin_backend.hpp"

namespace ottla {

/// Starts the actor, on a thread of its own. `services` outlives it.
admin_questions_handle spawn_admin(caf::actor_system& system, const broker_services& services);

/// What is asked after the actor's end is answered with a fault.
std::shared_ptr<admin_backend> make_actor_backend(const admin_questions_handle& actor);

}  // namespace ottla
