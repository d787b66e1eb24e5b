// What is said to the two actors that keep the cluster's metadata.
//
// metadata_actor owns the store and publishes images; controller_actor judges every change. Admin
// requests travel in the protocol's own structs: an answer comes when this broker's image contains
// the change. An error is a value in the answer.
#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/cluster/metadata_image.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/alter_configs.hpp"
#include "protocol/messages/alter_partition_reassignments.hpp"
#include "protocol/messages/create_partitions.hpp"
#include "protocol/messages/create_topics.hpp"
#include "protocol/messages/delete_topics.hpp"
#include "protocol/messages/elect_leaders.hpp"
#include "protocol/messages/incremental_alter_configs.hpp"
#include "storage/metadata/metadata_store.hpp"

namespace ottla {

/// On whose behalf a request is made.
struct caller_context {
  std::string principal = "User:ANONYMOUS";
  std::string client_id;
  std::string client_address;
  std::string listener;
  api_version version = 0;
};

/// An admin request with its caller; the answer is the protocol's response.
template <class Request>
struct admin_command {
  Request request;
  caller_context caller;
};

// To metadata_actor.

/// Sends image_changed to `subscriber`: the image there is now, if any, and each later one.
struct subscribe_images {
  caf::weak_actor_ptr subscriber;
  bool session_news = false;  ///< Also store_session_changed and broker_registered.
};

/// Enters this broker in the store and keeps it there through expired sessions.
struct register_broker {
  broker_registration registration;
  /// Of the run before this one, if it ended without a farewell: its entry is taken over.
  uuid previous_incarnation;
};
struct register_broker_result {
  error_code error = error_code::none;
  std::string message;
  broker_epoch epoch = no_broker_epoch;
};

/// For the controller: writes to the store as it is told.
struct commit_steps {
  std::vector<store_write> steps;
};
/// For the controller: reads after a sync, so that nothing committed before is missed.
struct read_nodes {
  std::vector<std::string> paths;
};
struct read_nodes_result {
  error_code error = error_code::none;
  std::string message;
  std::vector<stored_node> nodes;
};

/// From the store's own threads to its owner: an answer or event to be handled.
struct store_task {
  std::function<void()> run;
};

// From metadata_actor.

/// `before` is null with the first image. What a subscriber misses while it is busy it still gets,
/// one message per image.
struct image_changed {
  image_ptr before;
  image_ptr after;
  /// Topics that differ between the two, sorted; all of them in the first image.
  std::shared_ptr<const std::vector<uuid>> changed_topics;
};

/// The session with the store: after `expired` this broker leads nothing until it is registered
/// anew, which happens by itself and is told by broker_registered.
struct store_session_changed {
  session_event event = session_event::connected;
};
struct broker_registered {
  broker_epoch epoch = no_broker_epoch;
};

// To controller_actor.

/// From the broker: everything of the image with this sequence is in effect here (partitions
/// opened, closed, led). The controller answers admin requests only then.
struct image_applied {
  int64_t sequence = 0;
};

/// From the broker: it has applied an image in which the controller has judged it (broker_states
/// holds its epoch) and it is fenced, so it can serve. To be said for each such image.
struct broker_ready {
  broker_id id = no_broker;
  broker_epoch epoch = no_broker_epoch;
};

/// From the broker: it is about to end. Others lead what it leads as soon as they can; what nobody
/// else has in sync stays with it to the last.
struct broker_stopping {
  broker_id id = no_broker;
  broker_epoch epoch = no_broker_epoch;
};

/// From the controller's own watch: nobody listens any more where this broker did, in this life.
struct broker_unreachable {
  replica_seat who;
};

/// From the broker: the data of these deleted topics, and of these partitions that were moved away
/// from it, is gone from its disks. To be said for each image in which they are still waited for.
struct local_data_removed {
  broker_id id = no_broker;
  std::vector<uuid> topic_ids;
  std::vector<topic_id_partition> replicas;
};

/// From the broker: it cannot use these replicas of its own in this life, the log directory has
/// failed. To be said for each image in which they do not count as failed.
struct replicas_failed {
  replica_seat who;
  std::vector<topic_id_partition> replicas;
};

/// A range of producer ids that nobody else gets, ever.
struct allocate_producer_ids {
  broker_id id = no_broker;
};
struct producer_id_block {
  error_code error = error_code::none;
  producer_id first = no_producer_id;
  int32_t count = 0;
};

using create_topics_command = admin_command<create_topics_request>;
using delete_topics_command = admin_command<delete_topics_request>;
using create_partitions_command = admin_command<create_partitions_request>;
using incremental_alter_configs_command = admin_command<incremental_alter_configs_request>;
using alter_configs_command = admin_command<alter_configs_request>;
using alter_partition_reassignments_command = admin_command<alter_partition_reassignments_request>;
using elect_leaders_command = admin_command<elect_leaders_request>;

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::subscribe_images)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::register_broker)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::register_broker_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::commit_steps)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::commit_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::read_nodes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::read_nodes_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::store_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::image_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::store_session_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::broker_registered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::image_applied)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::broker_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::broker_stopping)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::broker_unreachable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::local_data_removed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::replicas_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::allocate_producer_ids)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::producer_id_block)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::create_topics_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::create_topics_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::delete_topics_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::delete_topics_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::create_partitions_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::create_partitions_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::incremental_alter_configs_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::incremental_alter_configs_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::alter_configs_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::alter_configs_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::alter_partition_reassignments_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::alter_partition_reassignments_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::elect_leaders_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::elect_leaders_response)
