// Who may say what to whom: every typed actor handle of the broker on one page. Read this file first.
//
// An actor is reached only through its handle here; no actor includes another actor's header, except
// broker_actor, which wires them. Each group of messages has a header of its own.
#pragma once

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/gateway/session_messages.hpp"
#include "actors/partition/partition_messages.hpp"
#include "actors/runtime/unit.hpp"

namespace ottla {

/// One replica of one partition: admission, high watermark, acks, waiting fetches. Owns no files.
/// Said by sessions (through handlers) and coordinators.
using partition_handle = caf::typed_actor<
    caf::replies_to<append_batch>::with<append_result>,
    caf::replies_to<read_partition>::with<read_result>,
    caf::reacts_to<unwatch_partition>,
    caf::replies_to<query_offset>::with<offset_result>,
    caf::replies_to<query_epoch_end>::with<epoch_end_result>,
    caf::replies_to<delete_records_before>::with<delete_records_result>,
    caf::replies_to<query_producers>::with<producers_result>,
    caf::replies_to<query_partition>::with<partition_description>>;

/// One connection. Requests to others go out from within it; this is what it hears unasked.
/// Said by partitions (news for waiting fetches), its unit (timers), the memory budget, the gateway.
using session_handle = caf::typed_actor<
    caf::reacts_to<partition_changed>,
    caf::reacts_to<timer_expired>,
    caf::reacts_to<memory_granted>,
    caf::reacts_to<memory_revoked>,
    caf::reacts_to<close_session>>;

}  // namespace ottla
