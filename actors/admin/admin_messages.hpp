// What the admin interface says to the actor that answers it.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <functional>

namespace ottla {

class admin_actor;

/// Run `ask` with the actor, on its thread.
struct admin_question {
  std::function<void(admin_actor& self)> ask;
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::admin_question)

namespace ottla {

/// Gathers answers for the admin interface. Said by actor_backend only.
using admin_questions_handle = caf::typed_actor<caf::reacts_to<admin_question>>;

}  // namespace ottla
