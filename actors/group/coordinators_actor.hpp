// Keeps one coordinator for each partition of `__consumer_offsets` that this broker leads.
//
// Follows the metadata images: starts and stops coordinators as leadership moves, publishes them in
// the coordinator_directory, and tells them of deleted topics.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <memory>
#include <vector>

#include "actors/cluster/metadata_image.hpp"
#include "actors/config/broker_config.hpp"
#include "actors/group/coordinator_directory.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"
#include "protocol/compression.hpp"

namespace ottla {

/// The settings of groups in a broker's configuration.
group_options group_options_of(const broker_settings& settings);

struct coordinators_setup {
  broker_id self = no_broker;
  std::vector<unit*> units;  ///< Where coordinators live, by partition.
  std::shared_ptr<const group_options> options;
  compression_options compression;  ///< offsets.topic.compression.codec
  partition_finder finder;
  coordinator_directory* directory = nullptr;  ///< Outlives the actor.
};

class coordinators_actor final : public pinned<coordinators_handle::base> {
public:
  coordinators_actor(caf::actor_config& config, unit& where, coordinators_setup setup);

  const char* name() const override { return "coordinators"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  void apply(const image_changed& change);
  /// Brings the coordinators in line with `topic`; null: there is no `__consumer_offsets`.
  void follow(const topic_ptr& topic);
  void forget_deleted_topics(const image_changed& change);
  void make(size_t partition);

  coordinators_setup setup_;
  uuid topic_id_;
  std::vector<coordinator_handle> by_partition_;  ///< Empty handles where this broker never led.
  std::vector<leader_epoch> led_epochs_;          ///< -1 where it does not lead now.
};

}  // namespace ottla
