// Requests of clients: the part of coordinator_actor that finds their group or says that there is
// none.
#include <algorithm>

#include "actors/group/coordinator_actor.hpp"
#include "actors/group/offset_requests.hpp"
#include "protocol/ascii.hpp"

namespace ottla {

namespace {

constexpr api_version first_commit_with_group_id_not_found = 9;
constexpr api_version first_describe_with_group_id_not_found = 6;

template <class Response>
Response refused(error_code error) {
  Response response;
  response.error_code = error;
  return response;
}

bool passes(const std::vector<std::string>& filter, std::string_view value) {
  return filter.empty() || std::ranges::any_of(filter, [&](const std::string& wanted) {
           return equals_ignoring_case(wanted, value);
         });
}

}  // namespace

error_code coordinator_actor::refusal() const {
  switch (phase_) {
    case phase::idle:
      return error_code::not_coordinator;
    case phase::loading:
      return error_code::coordinator_load_in_progress;
    case phase::serving:
      break;
  }
  return error_code::none;
}

const group_handle* coordinator_actor::find(const std::string& group_id) const {
  auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : &found->second.group;
}

const group_handle& coordinator_actor::find_or_make(const std::string& group_id) {
  const auto* known = find(group_id);
  return known != nullptr ? *known : spawn_group(group_id, {});
}

caf::result<join_group_response> coordinator_actor::join(const join_group_call& call) {
  const auto& request = call.request;
  auto refuse = [&](error_code error) {
    auto response = refused<join_group_response>(error);
    response.member_id = request.member_id;
    return response;
  };
  auto error = check_join(request, *setup_.options);
  if (error == error_code::none) error = refusal();
  if (error != error_code::none) return refuse(error);
  if (!request.member_id.empty() && find(request.group_id) == nullptr) {
    return refuse(error_code::unknown_member_id);
  }
  return delegate(find_or_make(request.group_id), call);
}

caf::result<sync_group_response> coordinator_actor::sync(const sync_group_request& request) {
  if (request.group_id.empty()) return refused<sync_group_response>(error_code::invalid_group_id);
  if (auto error = refusal(); error != error_code::none) return refused<sync_group_response>(error);
  const auto* group = find(request.group_id);
  if (group == nullptr) return refused<sync_group_response>(error_code::unknown_member_id);
  return delegate(*group, request);
}

caf::result<heartbeat_response> coordinator_actor::heartbeat(const heartbeat_request& request) {
  if (request.group_id.empty()) return refused<heartbeat_response>(error_code::invalid_group_id);
  // Sessions start anew when the group is loaded, so nobody is lost by waiting for that.
  if (phase_ == phase::loading) return heartbeat_response{};
  if (auto error = refusal(); error != error_code::none) return refused<heartbeat_response>(error);
  const auto* group = find(request.group_id);
  if (group == nullptr) return refused<heartbeat_response>(error_code::unknown_member_id);
  return delegate(*group, request);
}

caf::result<leave_group_response> coordinator_actor::leave(const leave_group_request& request) {
  if (request.group_id.empty()) return refused<leave_group_response>(error_code::invalid_group_id);
  if (auto error = refusal(); error != error_code::none) {
    return refused<leave_group_response>(error);
  }
  if (const auto* group = find(request.group_id)) return delegate(*group, request);
  leave_group_response response;
  for (const auto& member : request.members) {
    response.members.push_back(
        {member.member_id, member.group_instance_id, error_code::unknown_member_id});
  }
  return response;
}

caf::result<offset_commit_response> coordinator_actor::commit(const commit_offsets_call& call) {
  const auto& request = call.request;
  if (auto error = refusal(); error != error_code::none) return refuse_commit(request, error);
  if (find(request.group_id) == nullptr && request.generation_id_or_member_epoch >= 0) {
    return refuse_commit(request, call.version >= first_commit_with_group_id_not_found
                                      ? error_code::group_id_not_found
                                      : error_code::illegal_generation);
  }
  return delegate(find_or_make(request.group_id), call);
}

caf::result<fetched_offsets> coordinator_actor::fetch(const fetch_offsets_call& call) {
  if (auto error = refusal(); error != error_code::none) {
    auto response = refused<fetched_offsets>(error);
    response.group_id = call.request.group_id;
    return response;
  }
  if (const auto* group = find(call.request.group_id)) return delegate(*group, call);
  return fetch_committed({}, call.request, call.require_stable);
}

caf::result<offset_delete_response> coordinator_actor::delete_offsets(
    const offset_delete_request& request) {
  if (request.group_id.empty()) {
    return refused<offset_delete_response>(error_code::invalid_group_id);
  }
  if (auto error = refusal(); error != error_code::none) {
    return refused<offset_delete_response>(error);
  }
  const auto* group = find(request.group_id);
  if (group == nullptr) return refused<offset_delete_response>(error_code::group_id_not_found);
  return delegate(*group, request);
}

caf::result<group_description> coordinator_actor::describe(const describe_group_call& call) {
  group_description response;
  response.group_id = call.group_id;
  response.error_code = refusal();
  if (response.error_code != error_code::none) return response;
  if (const auto* group = find(call.group_id)) return delegate(*group, call);
  response.group_state = group_phase_name(group_phase::dead);
  if (call.version >= first_describe_with_group_id_not_found) {
    response.error_code = error_code::group_id_not_found;
    response.error_message = "Group " + call.group_id + " not found.";
  }
  return response;
}

caf::result<delete_group_result> coordinator_actor::delete_group(const delete_group_call& call) {
  if (auto error = refusal(); error != error_code::none) return delete_group_result{error};
  const auto* group = find(call.group_id);
  if (group == nullptr) return delete_group_result{error_code::group_id_not_found};
  return delegate(*group, call);
}

list_groups_response coordinator_actor::list(const list_groups_request& request) const {
  list_groups_response response;
  // A coordinator that does not lead has nothing to list; that is no error.
  if (phase_ == phase::loading) response.error_code = refusal();
  constexpr std::string_view classic = "classic";
  if (!passes(request.types_filter, classic)) return response;
  for (const auto& [id, known] : groups_) {
    const auto state = group_phase_name(known.state);
    if (!passes(request.states_filter, state)) continue;
    response.groups.push_back({id, known.protocol_type, std::string{state}, std::string{classic}});
  }
  return response;
}

}  // namespace ottla
