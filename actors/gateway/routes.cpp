#include "actors/gateway/routes.hpp"

#include "actors/handlers/api_versions.hpp"
#include "actors/handlers/delete_groups.hpp"
#include "actors/handlers/describe_groups.hpp"
#include "actors/handlers/find_coordinator.hpp"
#include "actors/handlers/heartbeat.hpp"
#include "actors/handlers/join_group.hpp"
#include "actors/handlers/leave_group.hpp"
#include "actors/handlers/list_groups.hpp"
#include "actors/handlers/offset_commit.hpp"
#include "actors/handlers/offset_delete.hpp"
#include "actors/handlers/offset_fetch.hpp"
#include "actors/handlers/sync_group.hpp"

namespace ottla {
namespace {

constexpr route table[] = {
    // api, first advertised, last, first served, handler, overlaps
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
    {api_key::delete_groups, 0, 3, 0, handle_delete_groups},
    {api_key::offset_delete, 0, 0, 0, handle_offset_delete},
};

constexpr bool is_ordered() {
  for (size_t i = 1; i < std::size(table); ++i) {
    if (table[i - 1].key >= table[i].key) return false;
  }
  return true;
}
static_assert(is_ordered());

}  // namespace

std::span<const route> client_routes() {
  return table;
}

}  // namespace ottla
