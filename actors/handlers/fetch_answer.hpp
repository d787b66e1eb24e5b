// From what the partitions read to the answer of a Fetch request. Plain functions.
#pragma once

#include <vector>

#include "actors/handlers/fetch_sessions.hpp"
#include "actors/partition/partition_messages.hpp"
#include "protocol/messages/fetch.hpp"

namespace ottla {

/// One partition of a fetch, and what its last read brought.
struct fetched_partition {
  fetch_position position;
  topic_id_partition which;
  read_result result;
};

/// What all answers of a request have in common.
struct fetch_answer_terms {
  api_version version = 0;
  int32_t max_bytes = 0;  ///< For all partitions together; the first with records may exceed it.
  isolation_level isolation = isolation_level::read_uncommitted;
};

/// Builds the partitions of the answer in the order of `fetched`, within the byte budget. With an
/// incremental session only those that the client has to hear. Takes the records out of `fetched`.
std::vector<fetch_response::fetchable_topic_response> answer_topics(
    std::vector<fetched_partition>& fetched, const fetch_context& context,
    const fetch_answer_terms& terms);

}  // namespace ottla
