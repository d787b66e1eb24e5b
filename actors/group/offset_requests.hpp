// What requests about offsets ask of one group: which records they need, and their answers.
//
// Pure functions over group_state and committed_offsets; the group_actor stores the records between
// plan and answer.
#pragma once

#include <optional>
#include <vector>

#include "actors/group/committed_offsets.hpp"
#include "actors/group/group_options.hpp"
#include "actors/group/group_records.hpp"
#include "actors/group/group_state.hpp"
#include "protocol/messages/offset_commit.hpp"
#include "protocol/messages/offset_delete.hpp"
#include "protocol/messages/offset_fetch.hpp"

namespace ottla {

/// Offsets to be stored, and what the client is told once they are.
struct commit_plan {
  std::vector<std::pair<offset_record_key, stored_offset>> offsets;
  offset_commit_response response;
};

/// OFFSET_METADATA_TOO_LARGE for partitions with too long a text; the others are to be stored.
commit_plan plan_commit(const offset_commit_request& request, const group_options& options,
                        timestamp_ms now);
/// The same error for every partition.
offset_commit_response refuse_commit(const offset_commit_request& request, error_code error);

/// What the group has committed; -1 where it has not. With `require_stable`, partitions that an
/// open transaction may change answer UNSTABLE_OFFSET_COMMIT.
offset_fetch_response::offset_fetch_response_group fetch_committed(
    const committed_offsets& offsets,
    const offset_fetch_request::offset_fetch_request_group& wanted, bool require_stable);

/// Offsets to be deleted, and what the client is told once they are.
struct offset_delete_plan {
  std::vector<topic_partition> offsets;
  offset_delete_response response;
};

/// NON_EMPTY_GROUP or GROUP_ID_NOT_FOUND as a whole, GROUP_SUBSCRIBED_TO_TOPIC for each partition
/// of a topic in use.
offset_delete_plan plan_offset_delete(const group_state& group, const committed_offsets& offsets,
                                      const offset_delete_request& request);

/// Which offsets have outlived their retention (KIP-211).
std::vector<topic_partition> expired_offsets(const group_state& group,
                                             const committed_offsets& offsets,
                                             const group_options& options, timestamp_ms now);

/// Whether the group may be deleted by request: NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND or none.
error_code check_delete(const group_state& group);

}  // namespace ottla
