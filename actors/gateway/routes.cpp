#include "actors/gateway/routes.hpp"

#include "actors/handlers/alter_configs.hpp"
#include "actors/handlers/alter_partition_reassignments.hpp"
#include "actors/handlers/alter_replica_log_dirs.hpp"
#include "actors/handlers/api_versions.hpp"
#include "actors/handlers/ask_controller.hpp"
#include "actors/handlers/broker_handshake.hpp"
#include "actors/handlers/controller_calls.hpp"
#include "actors/handlers/create_partitions.hpp"
#include "actors/handlers/create_topics.hpp"
#include "actors/handlers/delete_groups.hpp"
#include "actors/handlers/delete_records.hpp"
#include "actors/handlers/delete_topics.hpp"
#include "actors/handlers/describe_configs.hpp"
#include "actors/handlers/describe_groups.hpp"
#include "actors/handlers/describe_log_dirs.hpp"
#include "actors/handlers/describe_producers.hpp"
#include "actors/handlers/elect_leaders.hpp"
#include "actors/handlers/fetch.hpp"
#include "actors/handlers/find_coordinator.hpp"
#include "actors/handlers/heartbeat.hpp"
#include "actors/handlers/incremental_alter_configs.hpp"
#include "actors/handlers/init_producer_id.hpp"
#include "actors/handlers/join_group.hpp"
#include "actors/handlers/leave_group.hpp"
#include "actors/handlers/list_config_resources.hpp"
#include "actors/handlers/list_groups.hpp"
#include "actors/handlers/list_offsets.hpp"
#include "actors/handlers/list_partition_reassignments.hpp"
#include "actors/handlers/metadata.hpp"
#include "actors/handlers/offset_commit.hpp"
#include "actors/handlers/offset_delete.hpp"
#include "actors/handlers/offset_fetch.hpp"
#include "actors/handlers/offset_for_leader_epoch.hpp"
#include "actors/handlers/produce.hpp"
#include "actors/handlers/sync_group.hpp"

namespace ottla {
namespace {

constexpr route table[] = {
    // api, first advertised, last, first served, handler, overlaps
    {api_key::produce, 0, 13, 3, handle_produce, true},
    {api_key::fetch, 4, 18, 4, handle_fetch},
    {api_key::list_offsets, 1, 11, 1, handle_list_offsets},
    {api_key::metadata, 0, 13, 0, handle_metadata},
    {api_key::offset_commit, 2, 10, 2, handle_offset_commit},
    {api_key::offset_fetch, 1, 10, 1, handle_offset_fetch},
    {api_key::find_coordinator, 0, 6, 0, handle_find_coordinator},
    {api_key::join_group, 0, 9, 0, handle_join_group},
    {api_key::heartbeat, 0, 4, 0, handle_heartbeat},
    {api_key::leave_group, 0, 5, 0, handle_leave_group},
    {api_key::sync_group, 0, 5, 0, handle_sync_group},
    {api_key::describe_groups, 0, 6, 0, handle_describe_groups},
    {api_key::list_groups, 0, 5, 0, handle_list_groups},
    {api_key::api_versions, 0, 4, 0, handle_api_versions},
    {api_key::create_topics, 2, 7, 2, handle_create_topics},
    {api_key::delete_topics, 1, 6, 1, handle_delete_topics},
    {api_key::delete_records, 0, 2, 0, handle_delete_records},
    {api_key::init_producer_id, 0, 5, 0, handle_init_producer_id},
    {api_key::offset_for_leader_epoch, 2, 4, 2, handle_offset_for_leader_epoch},
    {api_key::describe_configs, 1, 4, 1, handle_describe_configs},
    {api_key::alter_configs, 0, 2, 0, handle_alter_configs},
    {api_key::alter_replica_log_dirs, 1, 2, 1, handle_alter_replica_log_dirs},
    {api_key::describe_log_dirs, 1, 5, 1, handle_describe_log_dirs},
    {api_key::create_partitions, 0, 3, 0, handle_create_partitions},
    {api_key::delete_groups, 0, 3, 0, handle_delete_groups},
    {api_key::elect_leaders, 0, 2, 0, handle_elect_leaders},
    {api_key::incremental_alter_configs, 0, 1, 0, handle_incremental_alter_configs},
    {api_key::alter_partition_reassignments, 0, 1, 0, handle_alter_partition_reassignments},
    {api_key::list_partition_reassignments, 0, 0, 0, handle_list_partition_reassignments},
    {api_key::offset_delete, 0, 0, 0, handle_offset_delete},
    {api_key::describe_cluster, 0, 2, 0, handle_describe_cluster},
    {api_key::describe_producers, 0, 0, 0, handle_describe_producers},
    {api_key::list_config_resources, 0, 1, 0, handle_list_config_resources},
    {api_key::describe_topic_partitions, 0, 0, 0, handle_describe_topic_partitions},
};

constexpr route broker_table[] = {
    {api_key::fetch, 17, 17, 17, handle_fetch, false, true},
    // What a broker asks for the browsers that are connected to it.
    {api_key::list_offsets, 7, 7, 7, handle_list_offsets, false, true},
    {api_key::offset_commit, 8, 8, 8, handle_offset_commit, false, true},
    {api_key::offset_fetch, 8, 8, 8, handle_offset_fetch, false, true},
    {api_key::join_group, 7, 7, 7, handle_join_group, false, true},
    {api_key::heartbeat, 4, 4, 4, handle_heartbeat, false, true},
    {api_key::leave_group, 4, 4, 4, handle_leave_group, false, true},
    {api_key::sync_group, 5, 5, 5, handle_sync_group, false, true},
    {api_key::broker_hello, 0, 0, 0, handle_broker_hello},
    {api_key::broker_proof, 0, 0, 0, handle_broker_proof},
    {api_key::propose_isrs, 0, 0, 0, handle_propose_isrs, false, true},
    {api_key::report_broker, 0, 1, 0, handle_report_broker, false, true},
    {api_key::ask_controller, 0, 0, 0, handle_ask_controller, true, true},
    {api_key::reserve_producer_ids, 0, 0, 0, handle_reserve_producer_ids, false, true},
};

constexpr bool is_ordered(std::span<const route> rows) {
  for (size_t i = 1; i < rows.size(); ++i) {
    if (rows[i - 1].key >= rows[i].key) return false;
  }
  return true;
}
static_assert(is_ordered(table) && is_ordered(broker_table));

}  // namespace

std::span<const route> client_routes() {
  return table;
}

std::span<const route> broker_routes() {
  return broker_table;
}

}  // namespace ottla
