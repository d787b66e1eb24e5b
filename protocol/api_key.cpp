#include "protocol/api_key.hpp"

#include <array>
#include <limits>

namespace ottla {
namespace {

constexpr api_version never = std::numeric_limits<api_version>::max();

// clang-format off
constexpr std::array table = {
    api_info{api_key::produce, "Produce", 3, 13, 9},
    api_info{api_key::fetch, "Fetch", 4, 18, 12},
    api_info{api_key::list_offsets, "ListOffsets", 1, 11, 6},
    api_info{api_key::metadata, "Metadata", 0, 13, 9},
    api_info{api_key::leader_and_isr, "LeaderAndIsr", 0, -1, 4},
    api_info{api_key::stop_replica, "StopReplica", 0, -1, 2},
    api_info{api_key::update_metadata, "UpdateMetadata", 0, -1, 6},
    api_info{api_key::controlled_shutdown, "ControlledShutdown", 0, -1, 3},
    api_info{api_key::offset_commit, "OffsetCommit", 2, 10, 8},
    api_info{api_key::offset_fetch, "OffsetFetch", 1, 10, 6},
    api_info{api_key::find_coordinator, "FindCoordinator", 0, 6, 3},
    api_info{api_key::join_group, "JoinGroup", 0, 9, 6},
    api_info{api_key::heartbeat, "Heartbeat", 0, 4, 4},
    api_info{api_key::leave_group, "LeaveGroup", 0, 5, 4},
    api_info{api_key::sync_group, "SyncGroup", 0, 5, 4},
    api_info{api_key::describe_groups, "DescribeGroups", 0, 6, 5},
    api_info{api_key::list_groups, "ListGroups", 0, 5, 3},
    api_info{api_key::sasl_handshake, "SaslHandshake", 0, -1, never},
    api_info{api_key::api_versions, "ApiVersions", 0, 4, 3},
    api_info{api_key::create_topics, "CreateTopics", 2, 7, 5},
    api_info{api_key::delete_topics, "DeleteTopics", 1, 6, 4},
    api_info{api_key::delete_records, "DeleteRecords", 0, 2, 2},
    api_info{api_key::init_producer_id, "InitProducerId", 0, 5, 2},
    api_info{api_key::offset_for_leader_epoch, "OffsetForLeaderEpoch", 2, 4, 4},
    api_info{api_key::add_partitions_to_txn, "AddPartitionsToTxn", 0, -1, 3},
    api_info{api_key::add_offsets_to_txn, "AddOffsetsToTxn", 0, -1, 3},
    api_info{api_key::end_txn, "EndTxn", 0, -1, 3},
    api_info{api_key::write_txn_markers, "WriteTxnMarkers", 0, -1, 1},
    api_info{api_key::txn_offset_commit, "TxnOffsetCommit", 0, -1, 3},
    api_info{api_key::describe_acls, "DescribeAcls", 0, -1, 2},
    api_info{api_key::create_acls, "CreateAcls", 0, -1, 2},
    api_info{api_key::delete_acls, "DeleteAcls", 0, -1, 2},
    api_info{api_key::describe_configs, "DescribeConfigs", 1, 4, 4},
    api_info{api_key::alter_configs, "AlterConfigs", 0, 2, 2},
    api_info{api_key::alter_replica_log_dirs, "AlterReplicaLogDirs", 1, 2, 2},
    api_info{api_key::describe_log_dirs, "DescribeLogDirs", 1, 5, 2},
    api_info{api_key::sasl_authenticate, "SaslAuthenticate", 0, -1, 2},
    api_info{api_key::create_partitions, "CreatePartitions", 0, 3, 2},
    api_info{api_key::create_delegation_token, "CreateDelegationToken", 0, -1, 2},
    api_info{api_key::renew_delegation_token, "RenewDelegationToken", 0, -1, 2},
    api_info{api_key::expire_delegation_token, "ExpireDelegationToken", 0, -1, 2},
    api_info{api_key::describe_delegation_token, "DescribeDelegationToken", 0, -1, 2},
    api_info{api_key::delete_groups, "DeleteGroups", 0, 3, 2},
    api_info{api_key::elect_leaders, "ElectLeaders", 0, 2, 2},
    api_info{api_key::incremental_alter_configs, "IncrementalAlterConfigs", 0, 1, 1},
    api_info{api_key::alter_partition_reassignments, "AlterPartitionReassignments", 0, 1, 0},
    api_info{api_key::list_partition_reassignments, "ListPartitionReassignments", 0, 0, 0},
    api_info{api_key::offset_delete, "OffsetDelete", 0, 0, never},
    api_info{api_key::describe_client_quotas, "DescribeClientQuotas", 0, -1, 1},
    api_info{api_key::alter_client_quotas, "AlterClientQuotas", 0, -1, 1},
    api_info{api_key::describe_user_scram_credentials, "DescribeUserScramCredentials", 0, -1, 0},
    api_info{api_key::alter_user_scram_credentials, "AlterUserScramCredentials", 0, -1, 0},
    api_info{api_key::vote, "Vote", 0, -1, 0},
    api_info{api_key::begin_quorum_epoch, "BeginQuorumEpoch", 0, -1, 1},
    api_info{api_key::end_quorum_epoch, "EndQuorumEpoch", 0, -1, 1},
    api_info{api_key::describe_quorum, "DescribeQuorum", 0, -1, 0},
    api_info{api_key::alter_partition, "AlterPartition", 0, -1, 0},
    api_info{api_key::update_features, "UpdateFeatures", 0, -1, 0},
    api_info{api_key::envelope, "Envelope", 0, -1, 0},
    api_info{api_key::fetch_snapshot, "FetchSnapshot", 0, -1, 0},
    api_info{api_key::describe_cluster, "DescribeCluster", 0, 2, 0},
    api_info{api_key::describe_producers, "DescribeProducers", 0, 0, 0},
    api_info{api_key::broker_registration, "BrokerRegistration", 0, -1, 0},
    api_info{api_key::broker_heartbeat, "BrokerHeartbeat", 0, -1, 0},
    api_info{api_key::unregister_broker, "UnregisterBroker", 0, -1, 0},
    api_info{api_key::describe_transactions, "DescribeTransactions", 0, -1, 0},
    api_info{api_key::list_transactions, "ListTransactions", 0, -1, 0},
    api_info{api_key::allocate_producer_ids, "AllocateProducerIds", 0, -1, 0},
    api_info{api_key::consumer_group_heartbeat, "ConsumerGroupHeartbeat", 0, -1, 0},
    api_info{api_key::consumer_group_describe, "ConsumerGroupDescribe", 0, -1, 0},
    api_info{api_key::controller_registration, "ControllerRegistration", 0, -1, 0},
    api_info{api_key::get_telemetry_subscriptions, "GetTelemetrySubscriptions", 0, -1, 0},
    api_info{api_key::push_telemetry, "PushTelemetry", 0, -1, 0},
    api_info{api_key::assign_replicas_to_dirs, "AssignReplicasToDirs", 0, -1, 0},
    api_info{api_key::list_config_resources, "ListConfigResources", 0, 1, 0},
    api_info{api_key::describe_topic_partitions, "DescribeTopicPartitions", 0, 0, 0},
    api_info{api_key::share_group_heartbeat, "ShareGroupHeartbeat", 0, -1, 0},
    api_info{api_key::share_group_describe, "ShareGroupDescribe", 0, -1, 0},
    api_info{api_key::share_fetch, "ShareFetch", 0, -1, 0},
    api_info{api_key::share_acknowledge, "ShareAcknowledge", 0, -1, 0},
    api_info{api_key::add_raft_voter, "AddRaftVoter", 0, -1, 0},
    api_info{api_key::remove_raft_voter, "RemoveRaftVoter", 0, -1, 0},
    api_info{api_key::update_raft_voter, "UpdateRaftVoter", 0, -1, 0},
    api_info{api_key::initialize_share_group_state, "InitializeShareGroupState", 0, -1, 0},
    api_info{api_key::read_share_group_state, "ReadShareGroupState", 0, -1, 0},
    api_info{api_key::write_share_group_state, "WriteShareGroupState", 0, -1, 0},
    api_info{api_key::delete_share_group_state, "DeleteShareGroupState", 0, -1, 0},
    api_info{api_key::read_share_group_state_summary, "ReadShareGroupStateSummary", 0, -1, 0},
    api_info{api_key::streams_group_heartbeat, "StreamsGroupHeartbeat", 0, -1, 0},
    api_info{api_key::streams_group_describe, "StreamsGroupDescribe", 0, -1, 0},
    api_info{api_key::describe_share_group_offsets, "DescribeShareGroupOffsets", 0, -1, 0},
    api_info{api_key::alter_share_group_offsets, "AlterShareGroupOffsets", 0, -1, 0},
    api_info{api_key::delete_share_group_offsets, "DeleteShareGroupOffsets", 0, -1, 0},
    api_info{api_key::streams_group_topology_description_update, "StreamsGroupTopologyDescriptionUpdate", 0, -1, 0},
    api_info{api_key::unregister_controller, "UnregisterController", 0, -1, 0},
};

constexpr int16_t first_private_key = 10000;
constexpr std::array private_table = {
    api_info{api_key::broker_hello, "BrokerHello", 0, 0, 0},
    api_info{api_key::broker_proof, "BrokerProof", 0, 0, 0},
    api_info{api_key::propose_isrs, "ProposeIsrs", 0, 0, 0},
    api_info{api_key::report_broker, "ReportBroker", 0, 1, 0},
    api_info{api_key::ask_controller, "AskController", 0, 0, 0},
    api_info{api_key::reserve_producer_ids, "ReserveProducerIds", 0, 0, 0},
};
// clang-format on

constexpr bool keys_are_indexes() {
  for (size_t i = 0; i < table.size(); ++i) {
    if (static_cast<size_t>(table[i].key) != i) return false;
  }
  for (size_t i = 0; i < private_table.size(); ++i) {
    if (static_cast<size_t>(private_table[i].key) != first_private_key + i) return false;
  }
  return true;
}
static_assert(keys_are_indexes());

}  // namespace

std::span<const api_info> api_table() {
  return table;
}

std::span<const api_info> private_api_table() {
  return private_table;
}

const api_info* find_api(api_key key) {
  auto index = static_cast<size_t>(key);  // a negative key becomes a huge index
  const auto own = index - first_private_key;
  if (own < private_table.size()) return &private_table[own];
  return index < table.size() ? &table[index] : nullptr;
}

std::string_view api_name(api_key key) {
  const auto* row = find_api(key);
  return row != nullptr ? row->name : "unknown";
}

bool is_flexible(api_key key, api_version version) {
  const auto* row = find_api(key);
  return row != nullptr && version >= row->first_flexible;
}

}  // namespace ottla
