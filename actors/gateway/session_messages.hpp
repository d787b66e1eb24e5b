// What a session actor is told, apart from its requests' answers.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

namespace ottla {

/// The memory that the session waits for has been granted.
struct memory_granted {};

/// Others wait for memory that the session holds for a frame which does not come: it closes.
struct memory_revoked {};

/// Closes the connection, e.g. because the broker stops.
struct close_session {};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::memory_granted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::memory_revoked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::close_session)
