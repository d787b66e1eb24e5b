// What is said to coordinators and groups.
//
// Requests of clients travel in the protocol's own structs, with what the session knows of the
// client beside them; an error is a value in the answer. A coordinator passes a request on to the
// actor of its group, which answers the session.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <string>
#include <vector>

#include "actors/group/group_log_replay.hpp"
#include "actors/group/group_records.hpp"
#include "actors/group/group_state.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/describe_groups.hpp"
#include "protocol/messages/heartbeat.hpp"
#include "protocol/messages/join_group.hpp"
#include "protocol/messages/leave_group.hpp"
#include "protocol/messages/list_groups.hpp"
#include "protocol/messages/offset_commit.hpp"
#include "protocol/messages/offset_delete.hpp"
#include "protocol/messages/offset_fetch.hpp"
#include "protocol/messages/sync_group.hpp"
#include "protocol/types.hpp"

namespace ottla {

// From sessions. `group_id` or the request's says which group.

struct join_group_call {
  join_group_request request;
  group_client client;
};
struct commit_offsets_call {
  offset_commit_request request;  ///< Topics by name; each exists.
  api_version version = 0;
};
struct fetch_offsets_call {
  offset_fetch_request::offset_fetch_request_group request;
  bool require_stable = false;
};
using fetched_offsets = offset_fetch_response::offset_fetch_response_group;

struct describe_group_call {
  std::string group_id;
  api_version version = 0;
};
using group_description = describe_groups_response::described_group;

struct delete_group_call {
  std::string group_id;
};
struct delete_group_result {
  error_code error = error_code::none;
};
/// Lists the groups of one coordinator.
struct list_groups_call {
  list_groups_request request;
};

// From the actor that watches over the coordinators.

/// This broker leads the partition: load its groups and serve them. Repeated with every epoch.
struct start_coordinating {
  topic_id_partition partition;
  leader_epoch epoch = no_leader_epoch;
};
struct stop_coordinating {};
/// A topic that is gone; offsets committed for it go as well.
struct deleted_topic {
  std::string name;
  uuid id;
};
struct topics_deleted {
  std::vector<deleted_topic> topics;
};

// Between a coordinator and its groups.

/// To a group that was loaded: begin, with the timers of its members.
struct start_group {};

/// To the coordinator: append these records in one batch, in the order in which groups ask.
struct store_group_records {
  std::vector<group_log_record> records;
};
struct group_records_stored {
  error_code error = error_code::none;  ///< As a client is told it.
};
/// To itself: append what groups have asked for, once the rest of the burst is in.
struct append_waiting {
  uint64_t term = 0;
};
/// To the coordinator: what ListGroups shows has changed.
struct group_summary {
  std::string group_id;
  group_phase phase = group_phase::empty;
  std::string protocol_type;
};
/// To the coordinator: the records of the group have been deleted.
struct group_gone {
  std::string group_id;
};
/// To a group: look for offsets that have expired, and for nothing being left.
struct expire_offsets {};

// Between a coordinator and its loader.

/// To the loader: read the partition from the start of its log to its end.
struct load_groups {};
struct groups_loaded {
  error_code error = error_code::none;
  std::shared_ptr<loaded_groups> groups;
  int64_t records = 0;
  int64_t foreign = 0;
  int64_t unreadable = 0;
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::join_group_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::join_group_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::sync_group_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::sync_group_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::heartbeat_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::heartbeat_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::leave_group_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::leave_group_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::commit_offsets_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::offset_commit_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::fetch_offsets_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::fetched_offsets)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::describe_group_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::group_description)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::delete_group_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::delete_group_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::offset_delete_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::offset_delete_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::list_groups_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::list_groups_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::start_coordinating)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::stop_coordinating)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::topics_deleted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::start_group)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::store_group_records)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::group_records_stored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::append_waiting)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::group_summary)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::group_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::expire_offsets)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::load_groups)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::groups_loaded)
