#include "actors/group/coordinators_actor.hpp"

#include <utility>

#include "actors/group/coordinator_actor.hpp"

namespace ottla {

group_options group_options_of(const broker_settings& settings) {
  group_options options;
  options.min_session_timeout_ms = settings.group_min_session_timeout_ms;
  options.max_session_timeout_ms = settings.group_max_session_timeout_ms;
  options.initial_rebalance_delay_ms = settings.group_initial_rebalance_delay_ms;
  options.max_size = settings.group_max_size;
  options.offset_metadata_max_bytes = settings.offset_metadata_max_bytes;
  options.offsets_retention_ms = settings.offsets_retention_ms;
  options.offsets_retention_check_interval_ms = settings.offsets_retention_check_interval_ms;
  options.offsets_commit_timeout_ms = settings.offsets_commit_timeout_ms;
  options.offsets_load_buffer_bytes = settings.offsets_load_buffer_bytes;
  return options;
}

coordinators_actor::coordinators_actor(caf::actor_config& config, unit& where,
                                       coordinators_setup setup)
    : pinned(config, where), setup_(std::move(setup)) {}

coordinators_handle::behavior_type coordinators_actor::make_behavior() {
  return {
      [this](const image_changed& change) { apply(change); },
  };
}

void coordinators_actor::on_exit() {
  setup_.directory->set({});
  for (const auto& one : std::exchange(by_partition_, {})) {
    if (one) anon_send_exit(one, caf::exit_reason::user_shutdown);
  }
  setup_.finder = nullptr;
}

void coordinators_actor::apply(const image_changed& change) {
  if (!change.after) return;
  follow(change.after->find_topic(offsets_topic));
  forget_deleted_topics(change);
}

void coordinators_actor::follow(const topic_ptr& topic) {
  const uuid id = topic ? topic->id() : uuid{};
  if (id != topic_id_) {
    // Deleted, and perhaps made again: the groups of the old topic are gone with it.
    for (const auto& one : by_partition_) {
      if (one) anon_send(one, stop_coordinating{});
    }
    led_epochs_.assign(led_epochs_.size(), no_leader_epoch);
    topic_id_ = id;
  }
  const auto count = topic ? static_cast<size_t>(topic->partition_count()) : size_t{0};
  bool published = by_partition_.size() == count;
  for (size_t i = count; i < by_partition_.size(); ++i) {
    if (by_partition_[i]) anon_send_exit(by_partition_[i], caf::exit_reason::user_shutdown);
  }
  by_partition_.resize(count);
  led_epochs_.resize(count, no_leader_epoch);
  for (size_t i = 0; i < count; ++i) {
    const auto& record = topic->partition(static_cast<partition_index>(i));
    const bool leads = record.leader.id == setup_.self;
    const auto epoch = leads ? record.leader_epoch : no_leader_epoch;
    if (epoch == led_epochs_[i]) continue;
    led_epochs_[i] = epoch;
    if (!leads) {
      anon_send(by_partition_[i], stop_coordinating{});
      continue;
    }
    if (!by_partition_[i]) {
      make(i);
      published = false;
    }
    anon_send(by_partition_[i],
              start_coordinating{{topic_id_, static_cast<partition_index>(i)}, epoch});
  }
  if (!published) setup_.directory->set(by_partition_);
}

void coordinators_actor::make(size_t partition) {
  auto& home = *setup_.units[partition % setup_.units.size()];
  coordinator_setup setup;
  setup.subject = std::string{offsets_topic} + "-" + std::to_string(partition);
  setup.options = setup_.options;
  setup.finder = setup_.finder;
  setup.compression = setup_.compression;
  by_partition_[partition] = caf::actor_cast<coordinator_handle>(
      spawn_on<coordinator_actor>(system(), home, std::move(setup)));
}

void coordinators_actor::forget_deleted_topics(const image_changed& change) {
  if (!change.before || !change.changed_topics) return;
  topics_deleted deleted;
  for (const auto& id : *change.changed_topics) {
    auto before = change.before->find_topic(id);
    if (before && !change.after->find_topic(id)) deleted.topics.push_back({before->name(), id});
  }
  if (deleted.topics.empty()) return;
  for (const auto& one : by_partition_) {
    if (one) anon_send(one, deleted);
  }
}

}  // namespace ottla
