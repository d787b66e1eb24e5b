// What the admin interface says to the actor that answers it.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <functional>
#include <optional>

#include "actors/partition/partition_messages.hpp"
#include "actors/runtime/unit.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

class admin_actor;
class feeds_actor;
class memberships_actor;

/// Run `ask` with the actor, on its thread.
struct admin_question {
  std::function<void(admin_actor& self)> ask;
};

/// The same for whoever follows logs.
struct feed_question {
  std::function<void(feeds_actor& self)> ask;
};

/// The same for whoever is a member of groups.
struct membership_question {
  std::function<void(memberships_actor& self)> ask;
};

/// Work that may block. Nobody else touches what it refers to before work_done.
struct admin_work {
  std::function<outcome<void>()> run;
};
struct work_done {
  std::optional<fault> failure;
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::admin_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::feed_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::membership_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::admin_work)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::work_done)

namespace ottla {

/// Gathers answers for the admin interface. Said by actor_backend only.
using admin_questions_handle = caf::typed_actor<caf::reacts_to<admin_question>>;

/// Reads partitions for those who follow them. Said by actor_backend, partitions, its unit's
/// timers.
using feeds_handle =
    caf::typed_actor<caf::reacts_to<feed_question>, caf::reacts_to<partition_changed>,
                     caf::reacts_to<timer_expired>>;

/// Is a member of consumer groups for browsers. Said by actor_backend, its unit's timers.
using memberships_handle =
    caf::typed_actor<caf::reacts_to<membership_question>, caf::reacts_to<timer_expired>>;

/// Does it, one piece after the other. Said by admin_actor and feeds_actor.
using admin_worker_handle = caf::typed_actor<caf::replies_to<admin_work>::with<work_done>>;

}  // namespace ottla
