// Metadata, DescribeTopicPartitions and DescribeCluster: what the newest image says.
#pragma once

#include "actors/handlers/handler.hpp"
#include "protocol/messages/describe_cluster.hpp"
#include "protocol/messages/describe_topic_partitions.hpp"
#include "protocol/messages/metadata.hpp"

namespace ottla {

void handle_metadata(session_context& session, request incoming, reply_slot reply);
void handle_describe_topic_partitions(session_context& session, request incoming, reply_slot reply);
void handle_describe_cluster(session_context& session, request incoming, reply_slot reply);

/// The answer from an image, for a client on `listener`. Topics that do not exist get their error.
metadata_response answer_metadata(const metadata_image& image, const metadata_request& wanted,
                                  api_version version, std::string_view listener);

/// Names that the request asks for, that do not exist and may be created because of it.
std::vector<std::string> topics_to_create(const metadata_image& image,
                                          const metadata_request& wanted, api_version version);

/// At most `partitions_max` partitions, from the cursor on; topics in the order of their names.
describe_topic_partitions_response answer_describe_topic_partitions(
    const metadata_image& image, const describe_topic_partitions_request& wanted,
    std::string_view listener, int32_t partitions_max);

describe_cluster_response answer_describe_cluster(const metadata_image& image,
                                                  const describe_cluster_request& wanted,
                                                  std::string_view listener);

}  // namespace ottla
