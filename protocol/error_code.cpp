#include "protocol/error_code.hpp"

#include <iterator>

namespace ottla {
namespace {

struct row {
  error_code code;
  std::string_view name;
  bool retriable;
  std::string_view text;
};

using enum error_code;

// In the order of the numbers, from -1 on without a gap: row i describes code i - 1.
constexpr row rows[] = {
    {unknown_server_error, "UNKNOWN_SERVER_ERROR", false,
     "The server experienced an unexpected error when processing the request."},
    {none, "NONE", false, ""},
    {offset_out_of_range, "OFFSET_OUT_OF_RANGE", false,
     "The requested offset is not within the range of offsets maintained by the server."},
    {corrupt_message, "CORRUPT_MESSAGE", true,
     "This message has failed its CRC checksum, exceeds the valid size, has a null key for a "
     "compacted topic, or is otherwise corrupt."},
    {unknown_topic_or_partition, "UNKNOWN_TOPIC_OR_PARTITION", true,
     "This server does not host this topic-partition."},
    {invalid_fetch_size, "INVALID_FETCH_SIZE", false, "Invalid fetch size."},
    {leader_not_available, "LEADER_NOT_AVAILABLE", true,
     "There is no leader for this topic-partition as we are in the middle of a leadership "
     "election."},
    {not_leader_or_follower, "NOT_LEADER_OR_FOLLOWER", true,
     "This broker does not lead and does not follow this topic-partition."},
    {request_timed_out, "REQUEST_TIMED_OUT", true, "The request timed out."},
    {broker_not_available, "BROKER_NOT_AVAILABLE", false, "Broker not available."},
    {replica_not_available, "REPLICA_NOT_AVAILABLE", true, "Replica not available."},
    {message_too_large, "MESSAGE_TOO_LARGE", false,
     "The request included a message larger than the max message size the server will accept."},
    {stale_controller_epoch, "STALE_CONTROLLER_EPOCH", false, "Stale controller epoch."},
    {offset_metadata_too_large, "OFFSET_METADATA_TOO_LARGE", false,
     "The metadata field of the offset request was too large."},
    {network_exception, "NETWORK_EXCEPTION", true, "Network exception."},
    {coordinator_load_in_progress, "COORDINATOR_LOAD_IN_PROGRESS", true,
     "The coordinator is loading and hence cannot process requests."},
    {coordinator_not_available, "COORDINATOR_NOT_AVAILABLE", true,
     "The coordinator is not available."},
    {not_coordinator, "NOT_COORDINATOR", true, "This is not the correct coordinator."},
    {invalid_topic_exception, "INVALID_TOPIC_EXCEPTION", false,
     "The request attempted to perform an operation on an invalid topic."},
    {record_list_too_large, "RECORD_LIST_TOO_LARGE", false,
     "The request included message batch larger than the configured segment size on the "
     "server."},
    {not_enough_replicas, "NOT_ENOUGH_REPLICAS", true,
     "Messages are rejected since there are fewer in-sync replicas than required."},
    {not_enough_replicas_after_append, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", true,
     "Not enough replicas after append."},
    {invalid_required_acks, "INVALID_REQUIRED_ACKS", false,
     "Produce request specified an invalid value for required acks."},
    {illegal_generation, "ILLEGAL_GENERATION", false,
     "Specified group generation id is not valid."},
    {inconsistent_group_protocol, "INCONSISTENT_GROUP_PROTOCOL", false,
     "The group member's supported protocols are incompatible with those of existing members "
     "or first group member tried to join with empty protocol type or empty protocol list."},
    {invalid_group_id, "INVALID_GROUP_ID", false, "The group id is invalid."},
    {unknown_member_id, "UNKNOWN_MEMBER_ID", false, "The coordinator is not aware of this member."},
    {invalid_session_timeout, "INVALID_SESSION_TIMEOUT", false,
     "The session timeout is not within the range allowed by the broker (as configured by "
     "group.min.session.timeout.ms and group.max.session.timeout.ms)."},
    {rebalance_in_progress, "REBALANCE_IN_PROGRESS", false,
     "The group is rebalancing, so a rejoin is needed."},
    {invalid_commit_offset_size, "INVALID_COMMIT_OFFSET_SIZE", false,
     "Invalid commit offset size."},
    {topic_authorization_failed, "TOPIC_AUTHORIZATION_FAILED", false,
     "Topic authorization failed."},
    {group_authorization_failed, "GROUP_AUTHORIZATION_FAILED", false,
     "Group authorization failed."},
    {cluster_authorization_failed, "CLUSTER_AUTHORIZATION_FAILED", false,
     "Cluster authorization failed."},
    {invalid_timestamp, "INVALID_TIMESTAMP", false,
     "The timestamp of the message is out of acceptable range."},
    {unsupported_sasl_mechanism, "UNSUPPORTED_SASL_MECHANISM", false,
     "Unsupported sasl mechanism."},
    {illegal_sasl_state, "ILLEGAL_SASL_STATE", false, "Illegal sasl state."},
    {unsupported_version, "UNSUPPORTED_VERSION", false, "The version of API is not supported."},
    {topic_already_exists, "TOPIC_ALREADY_EXISTS", false, "Topic with this name already exists."},
    {invalid_partitions, "INVALID_PARTITIONS", false, "Number of partitions is below 1."},
    {invalid_replication_factor, "INVALID_REPLICATION_FACTOR", false,
     "Replication factor is below 1 or larger than the number of available brokers."},
    {invalid_replica_assignment, "INVALID_REPLICA_ASSIGNMENT", false,
     "Replica assignment is invalid."},
    {invalid_config, "INVALID_CONFIG", false, "Configuration is invalid."},
    {not_controller, "NOT_CONTROLLER", true,
     "This is not the correct controller for this cluster."},
    {invalid_request, "INVALID_REQUEST", false,
     "This most likely occurs because of a request being malformed by the client library or "
     "the message was sent to an incompatible broker."},
    {unsupported_for_message_format, "UNSUPPORTED_FOR_MESSAGE_FORMAT", false,
     "Unsupported for message format."},
    {policy_violation, "POLICY_VIOLATION", false, "Policy violation."},
    {out_of_order_sequence_number, "OUT_OF_ORDER_SEQUENCE_NUMBER", false,
     "The broker received an out of order sequence number."},
    {duplicate_sequence_number, "DUPLICATE_SEQUENCE_NUMBER", false,
     "The broker received a duplicate sequence number."},
    {invalid_producer_epoch, "INVALID_PRODUCER_EPOCH", false,
     "Producer attempted to produce with an old epoch."},
    {invalid_txn_state, "INVALID_TXN_STATE", false, "Invalid txn state."},
    {invalid_producer_id_mapping, "INVALID_PRODUCER_ID_MAPPING", false,
     "Invalid producer id mapping."},
    {invalid_transaction_timeout, "INVALID_TRANSACTION_TIMEOUT", false,
     "Invalid transaction timeout."},
    {concurrent_transactions, "CONCURRENT_TRANSACTIONS", true, "Concurrent transactions."},
    {transaction_coordinator_fenced, "TRANSACTION_COORDINATOR_FENCED", false,
     "Transaction coordinator fenced."},
    {transactional_id_authorization_failed, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", false,
     "Transactional id authorization failed."},
    {security_disabled, "SECURITY_DISABLED", false, "Security disabled."},
    {operation_not_attempted, "OPERATION_NOT_ATTEMPTED", false, "Operation not attempted."},
    {kafka_storage_error, "KAFKA_STORAGE_ERROR", true,
     "Disk error when trying to access log file on the disk."},
    {log_dir_not_found, "LOG_DIR_NOT_FOUND", false,
     "The user-specified log directory is not found in the broker config."},
    {sasl_authentication_failed, "SASL_AUTHENTICATION_FAILED", false,
     "Sasl authentication failed."},
    {unknown_producer_id, "UNKNOWN_PRODUCER_ID", false,
     "This exception is raised by the broker if it could not locate the producer metadata "
     "associated with the producerId in question."},
    {reassignment_in_progress, "REASSIGNMENT_IN_PROGRESS", false, "Reassignment in progress."},
    {delegation_token_auth_disabled, "DELEGATION_TOKEN_AUTH_DISABLED", false,
     "Delegation token auth disabled."},
    {delegation_token_not_found, "DELEGATION_TOKEN_NOT_FOUND", false,
     "Delegation token not found."},
    {delegation_token_owner_mismatch, "DELEGATION_TOKEN_OWNER_MISMATCH", false,
     "Delegation token owner mismatch."},
    {delegation_token_request_not_allowed, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", false,
     "Delegation token request not allowed."},
    {delegation_token_authorization_failed, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", false,
     "Delegation token authorization failed."},
    {delegation_token_expired, "DELEGATION_TOKEN_EXPIRED", false, "Delegation token expired."},
    {invalid_principal_type, "INVALID_PRINCIPAL_TYPE", false, "Invalid principal type."},
    {non_empty_group, "NON_EMPTY_GROUP", false, "The group is not empty."},
    {group_id_not_found, "GROUP_ID_NOT_FOUND", false, "The group id does not exist."},
    {fetch_session_id_not_found, "FETCH_SESSION_ID_NOT_FOUND", true,
     "The fetch session ID was not found."},
    {invalid_fetch_session_epoch, "INVALID_FETCH_SESSION_EPOCH", true,
     "The fetch session epoch is invalid."},
    {listener_not_found, "LISTENER_NOT_FOUND", true, "Listener not found."},
    {topic_deletion_disabled, "TOPIC_DELETION_DISABLED", false, "Topic deletion is disabled."},
    {fenced_leader_epoch, "FENCED_LEADER_EPOCH", true,
     "The leader epoch in the request is older than the epoch on the broker."},
    {unknown_leader_epoch, "UNKNOWN_LEADER_EPOCH", true,
     "The leader epoch in the request is newer than the epoch on the broker."},
    {unsupported_compression_type, "UNSUPPORTED_COMPRESSION_TYPE", false,
     "The requesting client does not support the compression type of given partition."},
    {stale_broker_epoch, "STALE_BROKER_EPOCH", false, "Stale broker epoch."},
    {offset_not_available, "OFFSET_NOT_AVAILABLE", true,
     "The leader high watermark has not caught up from a recent leader election so the "
     "offsets cannot be guaranteed to be monotonically increasing."},
    {member_id_required, "MEMBER_ID_REQUIRED", false,
     "The group member needs to have a valid member id before actually entering a consumer "
     "group."},
    {preferred_leader_not_available, "PREFERRED_LEADER_NOT_AVAILABLE", true,
     "The preferred leader was not available."},
    {group_max_size_reached, "GROUP_MAX_SIZE_REACHED", false,
     "The consumer group has reached its max size."},
    {fenced_instance_id, "FENCED_INSTANCE_ID", false,
     "The broker rejected this static consumer since another consumer with the same "
     "group.instance.id has registered with a different member.id."},
    {eligible_leaders_not_available, "ELIGIBLE_LEADERS_NOT_AVAILABLE", true,
     "Eligible topic partition leaders are not available."},
    {election_not_needed, "ELECTION_NOT_NEEDED", true,
     "Leader election not needed for topic partition."},
    {no_reassignment_in_progress, "NO_REASSIGNMENT_IN_PROGRESS", false,
     "No partition reassignment is in progress."},
    {group_subscribed_to_topic, "GROUP_SUBSCRIBED_TO_TOPIC", false,
     "Deleting offsets of a topic is forbidden while the consumer group is actively "
     "subscribed to it."},
    {invalid_record, "INVALID_RECORD", false,
     "This record has failed the validation on broker and hence will be rejected."},
    {unstable_offset_commit, "UNSTABLE_OFFSET_COMMIT", true, "Unstable offset commit."},
    {throttling_quota_exceeded, "THROTTLING_QUOTA_EXCEEDED", true, "Throttling quota exceeded."},
    {producer_fenced, "PRODUCER_FENCED", false, "Producer fenced."},
    {resource_not_found, "RESOURCE_NOT_FOUND", false, "Resource not found."},
    {duplicate_resource, "DUPLICATE_RESOURCE", false, "Duplicate resource."},
    {unacceptable_credential, "UNACCEPTABLE_CREDENTIAL", false, "Unacceptable credential."},
    {inconsistent_voter_set, "INCONSISTENT_VOTER_SET", false, "Inconsistent voter set."},
    {invalid_update_version, "INVALID_UPDATE_VERSION", false, "Invalid update version."},
    {feature_update_failed, "FEATURE_UPDATE_FAILED", false, "Feature update failed."},
    {principal_deserialization_failure, "PRINCIPAL_DESERIALIZATION_FAILURE", false,
     "Principal deserialization failure."},
    {snapshot_not_found, "SNAPSHOT_NOT_FOUND", false, "Snapshot not found."},
    {position_out_of_range, "POSITION_OUT_OF_RANGE", false, "Position out of range."},
    {unknown_topic_id, "UNKNOWN_TOPIC_ID", true, "This server does not host this topic ID."},
    {duplicate_broker_registration, "DUPLICATE_BROKER_REGISTRATION", false,
     "Duplicate broker registration."},
    {broker_id_not_registered, "BROKER_ID_NOT_REGISTERED", false, "Broker id not registered."},
    {inconsistent_topic_id, "INCONSISTENT_TOPIC_ID", true,
     "The log's topic ID did not match the topic ID in the request."},
    {inconsistent_cluster_id, "INCONSISTENT_CLUSTER_ID", false, "Inconsistent cluster id."},
    {transactional_id_not_found, "TRANSACTIONAL_ID_NOT_FOUND", false,
     "Transactional id not found."},
    {fetch_session_topic_id_error, "FETCH_SESSION_TOPIC_ID_ERROR", true,
     "Fetch session topic id error."},
    {ineligible_replica, "INELIGIBLE_REPLICA", true, "Ineligible replica."},
    {new_leader_elected, "NEW_LEADER_ELECTED", false, "New leader elected."},
    {offset_moved_to_tiered_storage, "OFFSET_MOVED_TO_TIERED_STORAGE", false,
     "Offset moved to tiered storage."},
    {fenced_member_epoch, "FENCED_MEMBER_EPOCH", false, "Fenced member epoch."},
    {unreleased_instance_id, "UNRELEASED_INSTANCE_ID", false, "Unreleased instance id."},
    {unsupported_assignor, "UNSUPPORTED_ASSIGNOR", false, "Unsupported assignor."},
    {stale_member_epoch, "STALE_MEMBER_EPOCH", false, "Stale member epoch."},
    {mismatched_endpoint_type, "MISMATCHED_ENDPOINT_TYPE", false,
     "The request was sent to an endpoint of the wrong type."},
    {unsupported_endpoint_type, "UNSUPPORTED_ENDPOINT_TYPE", false,
     "This endpoint type is not supported yet."},
    {unknown_controller_id, "UNKNOWN_CONTROLLER_ID", false, "Unknown controller id."},
    {unknown_subscription_id, "UNKNOWN_SUBSCRIPTION_ID", false, "Unknown subscription id."},
    {telemetry_too_large, "TELEMETRY_TOO_LARGE", false, "Telemetry too large."},
    {invalid_registration, "INVALID_REGISTRATION", false, "Invalid registration."},
    {transaction_abortable, "TRANSACTION_ABORTABLE", false, "Transaction abortable."},
    {invalid_record_state, "INVALID_RECORD_STATE", false, "Invalid record state."},
    {share_session_not_found, "SHARE_SESSION_NOT_FOUND", true, "Share session not found."},
    {invalid_share_session_epoch, "INVALID_SHARE_SESSION_EPOCH", true,
     "Invalid share session epoch."},
    {fenced_state_epoch, "FENCED_STATE_EPOCH", false, "Fenced state epoch."},
    {invalid_voter_key, "INVALID_VOTER_KEY", false, "Invalid voter key."},
    {duplicate_voter, "DUPLICATE_VOTER", false, "Duplicate voter."},
    {voter_not_found, "VOTER_NOT_FOUND", false, "Voter not found."},
    {invalid_regular_expression, "INVALID_REGULAR_EXPRESSION", false,
     "Invalid regular expression."},
    {rebootstrap_required, "REBOOTSTRAP_REQUIRED", false, "Rebootstrap required."},
    {streams_invalid_topology, "STREAMS_INVALID_TOPOLOGY", false, "Streams invalid topology."},
    {streams_invalid_topology_epoch, "STREAMS_INVALID_TOPOLOGY_EPOCH", false,
     "Streams invalid topology epoch."},
    {streams_topology_fenced, "STREAMS_TOPOLOGY_FENCED", false, "Streams topology fenced."},
    {share_session_limit_reached, "SHARE_SESSION_LIMIT_REACHED", true,
     "Share session limit reached."},
};

constexpr bool in_order() {
  for (size_t i = 0; i < std::size(rows); ++i) {
    if (static_cast<int>(rows[i].code) != static_cast<int>(i) - 1) return false;
  }
  return true;
}
static_assert(in_order(), "a row of the error table is out of place");

const row& find(error_code code) {
  auto index = static_cast<size_t>(code) + 1;
  return index < std::size(rows) ? rows[index] : rows[0];
}

}  // namespace

std::string_view error_name(error_code code) {
  return find(code).name;
}

std::string_view error_text(error_code code) {
  return find(code).text;
}

bool is_retriable(error_code code) {
  return find(code).retriable;
}

}  // namespace ottla
