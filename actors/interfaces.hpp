// Who may say what to whom: every typed actor handle of the broker on one page. Read this file
// first.
//
// An actor is reached only through its handle here; no actor includes another actor's header,
// except broker_actor, which wires them. Each group of messages has a header of its own.
#pragma once

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/broker/broker_messages.hpp"
#include "actors/broker/move_messages.hpp"
#include "actors/cluster/controller_messages.hpp"
#include "actors/gateway/gateway_messages.hpp"
#include "actors/gateway/session_messages.hpp"
#include "actors/group/group_messages.hpp"
#include "actors/partition/partition_messages.hpp"
#include "actors/partition/replication_messages.hpp"
#include "actors/runtime/unit.hpp"
#include "actors/storage/cleaner_messages.hpp"
#include "actors/storage/disk_messages.hpp"
#include "actors/storage/log_messages.hpp"
#include "actors/storage/scrub_messages.hpp"

namespace ottla {

/// One replica of one partition: admission, high watermark, acks, waiting fetches. Owns no files.
/// Said by sessions (through handlers) and coordinators.
using partition_handle =
    caf::typed_actor<caf::replies_to<append_batch>::with<append_result>,
                     caf::replies_to<read_partition>::with<read_result>,
                     caf::reacts_to<unwatch_partition>,
                     caf::replies_to<query_offset>::with<offset_result>,
                     caf::replies_to<query_epoch_end>::with<epoch_end_result>,
                     caf::replies_to<delete_records_before>::with<delete_records_result>,
                     caf::replies_to<query_producers>::with<producers_result>,
                     caf::replies_to<query_partition>::with<partition_description>>;

/// One connection. Requests to others go out from within it; this is what it hears unasked.
/// Said by partitions (news for waiting fetches), its unit (timers), the memory budget, the
/// gateway.
using session_handle =
    caf::typed_actor<caf::reacts_to<partition_changed>, caf::reacts_to<timer_expired>,
                     caf::reacts_to<memory_granted>, caf::reacts_to<memory_revoked>,
                     caf::reacts_to<close_session>>;

/// The listeners and all sessions. Said by the broker.
using gateway_handle =
    caf::typed_actor<caf::replies_to<open_gateway>::with<gateway_opened>,
                     caf::reacts_to<accept_connections>,
                     caf::replies_to<close_gateway>::with<gateway_closed>,
                     caf::replies_to<query_gateway>::with<gateway_counts>,
                     caf::reacts_to<session_ended>, caf::reacts_to<timer_expired>>;

/// Owns the metadata store: reads what changed, publishes images to the metadata_cache and to its
/// subscribers, keeps this broker registered, writes for the controller. Detached: it may block.
/// Said by the broker, the controller, coordinators (subscribe_images).
using metadata_handle =
    caf::typed_actor<caf::reacts_to<subscribe_images>,
                     caf::replies_to<register_broker>::with<register_broker_result>,
                     caf::replies_to<commit_steps>::with<commit_result>,
                     caf::replies_to<read_nodes>::with<read_nodes_result>,
                     caf::reacts_to<store_task>>;

/// The way to the controller, wherever it is: every change of the cluster's metadata that is asked
/// for. Said by sessions (admin requests) and the broker (what it has applied).
using admin_handle = caf::typed_actor<
    caf::reacts_to<image_applied>, caf::reacts_to<broker_ready>, caf::reacts_to<broker_stopping>,
    caf::reacts_to<local_data_removed>, caf::reacts_to<replicas_failed>,
    caf::replies_to<allocate_producer_ids>::with<producer_id_block>,
    caf::replies_to<create_topics_command>::with<create_topics_response>,
    caf::replies_to<delete_topics_command>::with<delete_topics_response>,
    caf::replies_to<create_partitions_command>::with<create_partitions_response>,
    caf::replies_to<incremental_alter_configs_command>::with<incremental_alter_configs_response>,
    caf::replies_to<alter_configs_command>::with<alter_configs_response>,
    caf::replies_to<alter_partition_reassignments_command>::with<
        alter_partition_reassignments_response>,
    caf::replies_to<elect_leaders_command>::with<elect_leaders_response>>;

/// Decides over partition records: the controller, or the way to it. Said by isr_proposals.
using isr_authority_handle =
    caf::typed_actor<caf::replies_to<alter_partitions>::with<partitions_altered>>;

/// Judges and makes every change of the cluster's metadata, when it is the elected controller.
/// Said by the way to it, metadata_actor (images).
using controller_handle =
    admin_handle::extend<caf::replies_to<alter_partitions>::with<partitions_altered>,
                         caf::reacts_to<image_changed>, caf::reacts_to<store_session_changed>,
                         caf::reacts_to<broker_registered>, caf::reacts_to<broker_unreachable>,
                         caf::reacts_to<timer_expired>>;

/// Watches the other brokers for the controller. Said by metadata_actor (images), its peers,
/// timers.
using liveness_handle = caf::typed_actor<caf::reacts_to<image_changed>, caf::reacts_to<peer_lost>,
                                         caf::reacts_to<timer_expired>>;

/// The way to the controller of a cluster, as metadata_actor (images) sees it as well.
using controller_link =
    admin_handle::extend<caf::replies_to<alter_partitions>::with<partitions_altered>,
                         caf::reacts_to<image_changed>, caf::reacts_to<timer_expired>>;

/// The answer to find_partition: no handle if there is no such partition here, or its disk failed.
struct partition_found {
  partition_handle handle;
  error_code error = error_code::none;
};

}  // namespace ottla
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::partition_found)
namespace ottla {

/// The supervisor as logs see it.
using log_supervisor =
    caf::typed_actor<caf::reacts_to<directory_failed>, caf::reacts_to<log_progressed>>;

/// Brings partitions to life and ends them. Said by handlers and coordinators that need a partition
/// which is still being opened.
using supervisor_handle =
    log_supervisor::extend<caf::replies_to<find_partition>::with<partition_found>,
                           caf::replies_to<move_replica>::with<replica_move_begun>,
                           caf::replies_to<query_moves>::with<running_moves>>;

struct resume_partition;

/// The same actor as the fetcher sees it that copies its leader's log.
using partition_follower =
    caf::typed_actor<caf::replies_to<begin_following>::with<follower_position>,
                     caf::replies_to<apply_fetched>::with<follower_position>>;

/// To a fetcher: copy this partition from the leader of `epoch`, instead of what was said before.
struct follow_partition {
  topic_id_partition which;
  partition_follower partition;
  leader_epoch epoch = no_leader_epoch;
};

/// To a fetcher: this broker does not follow that leader any more.
struct unfollow_partition {
  topic_id_partition which;
};

}  // namespace ottla
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::follow_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::unfollow_partition)
namespace ottla {

/// Copies partitions from one leading broker. Said by the supervisor and its unit's timers.
using replica_fetcher_handle =
    caf::typed_actor<caf::reacts_to<follow_partition>, caf::reacts_to<unfollow_partition>,
                     caf::reacts_to<timer_expired>>;

/// The connection to another broker's inter-broker listener. Said by fetchers.
using peer_handle = caf::typed_actor<caf::replies_to<ask_peer>::with<peer_answer>>;

/// Carries leaders' wishes for another ISR to the authority, many at a time, and always answers.
/// Said by leading partitions.
using isr_proposals_handle = caf::typed_actor<caf::replies_to<propose_isr>::with<isr_proposed>>;

/// The same actor as its supervisor, its log and its unit's timers see it.
using partition_control =
    partition_handle::extend<caf::replies_to<begin_following>::with<follower_position>,
                             caf::replies_to<apply_fetched>::with<follower_position>,
                             caf::reacts_to<partition_assignment>, caf::reacts_to<log_flushed>,
                             caf::reacts_to<log_start_moved>, caf::reacts_to<log_failed>,
                             caf::reacts_to<maintain_partition>,
                             caf::replies_to<plan_compaction_of_log>::with<compaction_planned>,
                             caf::replies_to<begin_compaction>::with<compaction_begun>,
                             caf::replies_to<swap_compaction>::with<compaction_swapped>,
                             caf::replies_to<begin_scrub>::with<scrub_begun>,
                             caf::replies_to<quarantine_range>::with<range_quarantined>,
                             caf::replies_to<close_partition>::with<partition_closed>,
                             caf::replies_to<rest_partition>::with<partition_closed>,
                             caf::reacts_to<resume_partition>, caf::reacts_to<timer_expired>>;

/// To a log, once: the partition that hears of its progress, and what the log had refused when it
/// was closed in this process.
struct log_attach {
  partition_control partition;
  std::shared_ptr<const refused_batches> refused;
};

}  // namespace ottla
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::log_attach)
namespace ottla {

/// The storage actor of one partition: sole owner of its segment files, log end offset and producer
/// state. Said by its partition only.
using log_handle = caf::typed_actor<
    caf::reacts_to<log_attach>, caf::replies_to<log_append>::with<log_appended>,
    caf::replies_to<log_read>::with<log_read_result>,
    caf::replies_to<log_find_timestamp>::with<log_offset_found>,
    caf::replies_to<log_find_epoch>::with<epoch_end_result>,
    caf::replies_to<log_epoch_of>::with<log_offset_found>,
    caf::replies_to<log_begin_epoch>::with<log_facts>, caf::replies_to<log_follow>::with<log_facts>,
    caf::reacts_to<log_refused>, caf::replies_to<log_append_fetched>::with<log_appended>,
    caf::replies_to<log_truncate>::with<log_facts>,
    caf::replies_to<log_restart_at>::with<log_facts>,
    caf::replies_to<log_advance_start>::with<log_facts>,
    caf::replies_to<log_query_producers>::with<producers_result>,
    caf::replies_to<log_query_facts>::with<log_facts>, caf::reacts_to<log_configure>,
    caf::reacts_to<log_maintain>, caf::replies_to<plan_compaction_of_log>::with<compaction_planned>,
    caf::replies_to<begin_compaction>::with<compaction_begun>,
    caf::replies_to<swap_compaction>::with<compaction_swapped>,
    caf::replies_to<begin_scrub>::with<scrub_begun>,
    caf::replies_to<quarantine_range>::with<range_quarantined>,
    caf::replies_to<log_close>::with<log_facts>, caf::reacts_to<timer_expired>>;

/// To a partition whose log was brought to rest: the same log, opened again, perhaps elsewhere.
struct resume_partition {
  log_handle log;
};

}  // namespace ottla
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::resume_partition)
namespace ottla {

/// A compacted partition that may have something to clean.
struct clean_candidate {
  topic_id_partition key;
  partition_control partition;
  log_offset clean_point = 0;
};

struct clean_logs {
  std::vector<clean_candidate> candidates;
  cleaner_settings settings;
};

struct cleaned_log {
  topic_id_partition key;
  log_offset clean_point = 0;
};

/// Time alone may have made it due then.
struct waiting_log {
  topic_id_partition key;
  timestamp_ms look_again_ms = 0;
};

struct logs_cleaned {
  std::vector<cleaned_log> cleaned;
  std::vector<waiting_log> waiting;
};

/// To the scrubber: look through these logs; ignored while it does so already.
struct scrub_logs {
  std::vector<partition_control> partitions;
  int64_t bytes_per_second_max = 0;  ///< 0: no limit.
};

}  // namespace ottla
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::clean_logs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::logs_cleaned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::scrub_logs)
namespace ottla {

/// Compacts logs, the dirtiest first, on a thread of its own. Said by the supervisor.
using cleaner_handle =
    caf::typed_actor<caf::replies_to<clean_logs>::with<logs_cleaned>, caf::reacts_to<clean_step>>;

/// Looks through logs for damage on the disk, on a thread of its own. Said by the supervisor.
using scrubber_handle = caf::typed_actor<caf::reacts_to<scrub_logs>, caf::reacts_to<scrub_step>>;

/// Owns one of the broker's log directories: what lies in it and its checkpoint files. Blocks.
/// Said by the supervisor.
using directory_handle = caf::typed_actor<
    caf::replies_to<prepare_partitions>::with<prepared_partitions>,
    caf::replies_to<save_checkpoints>::with<disk_done>,
    caf::replies_to<remove_partition>::with<disk_done>,
    caf::replies_to<begin_future>::with<future_begun>,
    caf::replies_to<install_future>::with<disk_done>, caf::replies_to<drop_future>::with<disk_done>,
    caf::replies_to<release_partition>::with<disk_done>, caf::reacts_to<sweep_leftovers>,
    caf::replies_to<note_storage_error>::with<disk_done>,
    caf::replies_to<forget_storage_errors>::with<disk_done>,
    caf::replies_to<mark_clean>::with<disk_done>>;

/// A thread that may block, for one log directory: opens logs, flushes, reads ahead, removes.
/// Said by the supervisor (open) and by log actors.
using disk_handle = caf::typed_actor<
    caf::replies_to<open_logs>::with<opened_logs>, caf::replies_to<run_flush>::with<disk_done>,
    caf::replies_to<run_close>::with<disk_done>, caf::replies_to<run_removal>::with<disk_done>,
    caf::replies_to<run_read_ahead>::with<disk_done>,
    caf::replies_to<run_copy_step>::with<copy_progress>,
    caf::replies_to<run_copy_end>::with<disk_done>>;

/// Tells where a partition of this broker is: what a coordinator knows of the supervisor.
using partition_finder = caf::typed_actor<caf::replies_to<find_partition>::with<partition_found>>;

/// One consumer group: its members, its generation and its committed offsets.
/// Said by its coordinator, which passes on what sessions ask; answers go to the sessions.
using group_handle =
    caf::typed_actor<caf::replies_to<join_group_call>::with<join_group_response>,
                     caf::replies_to<sync_group_request>::with<sync_group_response>,
                     caf::replies_to<heartbeat_request>::with<heartbeat_response>,
                     caf::replies_to<leave_group_request>::with<leave_group_response>,
                     caf::replies_to<commit_offsets_call>::with<offset_commit_response>,
                     caf::replies_to<fetch_offsets_call>::with<fetched_offsets>,
                     caf::replies_to<offset_delete_request>::with<offset_delete_response>,
                     caf::replies_to<describe_group_call>::with<group_description>,
                     caf::replies_to<delete_group_call>::with<delete_group_result>,
                     caf::reacts_to<expire_offsets>, caf::reacts_to<topics_deleted>,
                     caf::reacts_to<start_group>, caf::reacts_to<timer_expired>>;

/// Coordinates the groups of one partition of `__consumer_offsets` while this broker leads it.
/// Said by sessions (found through coordinator_directory), its groups, coordinators_actor.
using coordinator_handle =
    caf::typed_actor<caf::replies_to<join_group_call>::with<join_group_response>,
                     caf::replies_to<sync_group_request>::with<sync_group_response>,
                     caf::replies_to<heartbeat_request>::with<heartbeat_response>,
                     caf::replies_to<leave_group_request>::with<leave_group_response>,
                     caf::replies_to<commit_offsets_call>::with<offset_commit_response>,
                     caf::replies_to<fetch_offsets_call>::with<fetched_offsets>,
                     caf::replies_to<offset_delete_request>::with<offset_delete_response>,
                     caf::replies_to<describe_group_call>::with<group_description>,
                     caf::replies_to<delete_group_call>::with<delete_group_result>,
                     caf::replies_to<list_groups_call>::with<list_groups_response>,
                     caf::replies_to<store_group_records>::with<group_records_stored>,
                     caf::reacts_to<append_waiting>, caf::reacts_to<group_summary>,
                     caf::reacts_to<group_gone>, caf::reacts_to<start_coordinating>,
                     caf::reacts_to<stop_coordinating>, caf::reacts_to<topics_deleted>,
                     caf::reacts_to<timer_expired>>;

/// Reads a partition of `__consumer_offsets` for its coordinator, on a thread of its own.
using group_loader_handle = caf::typed_actor<caf::replies_to<load_groups>::with<groups_loaded>,
                                             caf::reacts_to<partition_changed>>;

/// Starts, stops and informs this broker's coordinators as metadata images say.
/// Said by metadata_actor.
using coordinators_handle = caf::typed_actor<caf::reacts_to<image_changed>>;

/// The supervisor as the process that owns it and the metadata actor see it.
using broker_control = supervisor_handle::extend<
    caf::replies_to<start_broker>::with<broker_started>, caf::reacts_to<image_changed>,
    caf::reacts_to<store_session_changed>, caf::reacts_to<broker_registered>,
    caf::replies_to<hand_over_leaderships>::with<leaderships_handed_over>,
    caf::replies_to<stop_broker>::with<broker_stopped>, caf::reacts_to<timer_expired>>;

}  // namespace ottla
