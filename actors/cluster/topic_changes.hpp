// CreateTopics, CreatePartitions and DeleteTopics as edits of a draft, with Kafka's checks, error
// codes and wording. A request that only validates leaves the draft alone.
#pragma once

#include "actors/cluster/change_context.hpp"
#include "protocol/messages/create_partitions.hpp"
#include "protocol/messages/create_topics.hpp"
#include "protocol/messages/delete_topics.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// Partitions that one request may create, as in Kafka.
inline constexpr int64_t partitions_per_request_max = 10'000;

create_topics_response create_topics(const change_context& context,
                                     const create_topics_request& request);

create_partitions_response create_partitions(const change_context& context,
                                             const create_partitions_request& request);

/// `version` decides how a forbidden deletion is said.
delete_topics_response delete_topics(const change_context& context,
                                     const delete_topics_request& request, api_version version);

}  // namespace ottla
