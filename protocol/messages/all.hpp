// Every message, for what treats them all alike: tests, fuzzers, request logs.
#pragma once

#include "protocol/messages/alter_configs.hpp"
#include "protocol/messages/alter_partition_reassignments.hpp"
#include "protocol/messages/alter_replica_log_dirs.hpp"
#include "protocol/messages/api_versions.hpp"
#include "protocol/messages/ask_controller.hpp"
#include "protocol/messages/broker_handshake.hpp"
#include "protocol/messages/create_partitions.hpp"
#include "protocol/messages/create_topics.hpp"
#include "protocol/messages/delete_groups.hpp"
#include "protocol/messages/delete_records.hpp"
#include "protocol/messages/delete_topics.hpp"
#include "protocol/messages/describe_cluster.hpp"
#include "protocol/messages/describe_configs.hpp"
#include "protocol/messages/describe_groups.hpp"
#include "protocol/messages/describe_log_dirs.hpp"
#include "protocol/messages/describe_producers.hpp"
#include "protocol/messages/describe_topic_partitions.hpp"
#include "protocol/messages/elect_leaders.hpp"
#include "protocol/messages/fetch.hpp"
#include "protocol/messages/find_coordinator.hpp"
#include "protocol/messages/heartbeat.hpp"
#include "protocol/messages/incremental_alter_configs.hpp"
#include "protocol/messages/init_producer_id.hpp"
#include "protocol/messages/join_group.hpp"
#include "protocol/messages/leave_group.hpp"
#include "protocol/messages/list_config_resources.hpp"
#include "protocol/messages/list_groups.hpp"
#include "protocol/messages/list_offsets.hpp"
#include "protocol/messages/list_partition_reassignments.hpp"
#include "protocol/messages/metadata.hpp"
#include "protocol/messages/offset_commit.hpp"
#include "protocol/messages/offset_delete.hpp"
#include "protocol/messages/offset_fetch.hpp"
#include "protocol/messages/offset_for_leader_epoch.hpp"
#include "protocol/messages/produce.hpp"
#include "protocol/messages/propose_isrs.hpp"
#include "protocol/messages/report_broker.hpp"
#include "protocol/messages/reserve_producer_ids.hpp"
#include "protocol/messages/sync_group.hpp"

namespace ottla {

template <class... Requests>
struct request_list {};

using all_requests = request_list<
    produce_request, fetch_request, list_offsets_request, metadata_request, offset_commit_request,
    offset_fetch_request, find_coordinator_request, join_group_request, heartbeat_request,
    leave_group_request, sync_group_request, describe_groups_request, list_groups_request,
    api_versions_request, create_topics_request, delete_topics_request, delete_records_request,
    init_producer_id_request, offset_for_leader_epoch_request, describe_configs_request,
    alter_configs_request, alter_replica_log_dirs_request, describe_log_dirs_request,
    create_partitions_request, delete_groups_request, elect_leaders_request,
    incremental_alter_configs_request, alter_partition_reassignments_request,
    list_partition_reassignments_request, offset_delete_request, describe_cluster_request,
    describe_producers_request, list_config_resources_request, describe_topic_partitions_request,
    broker_hello_request, broker_proof_request, propose_isrs_request, report_broker_request,
    ask_controller_request, reserve_producer_ids_request>;

/// Calls `visit.operator()<Request>()` with the request type of `key`; false if there is none. The
/// response type is `Request::response`.
template <class Visit, class... Requests>
bool visit_api(api_key key, Visit&& visit, request_list<Requests...>) {
  return ((Requests::api == key && (visit.template operator()<Requests>(), true)) || ...);
}

template <class Visit>
bool visit_api(api_key key, Visit&& visit) {
  return visit_api(key, visit, all_requests{});
}

}  // namespace ottla
