#include "actors/storage/directory_actor.hpp"

#include <array>
#include <caf/send.hpp>
#include <utility>

#include "actors/runtime/log.hpp"

namespace ottla {
namespace {

/// The saved offsets with the new ones over them.
offset_checkpoint merged(offset_checkpoint saved, const offset_checkpoint& changed) {
  for (const auto& [which, offset] : changed) saved.insert_or_assign(which, offset);
  return saved;
}

}  // namespace

directory_actor::directory_actor(caf::actor_config& config, unit& works_for,
                                 std::shared_ptr<log_directory> directory,
                                 std::vector<found_partition> found)
    : pinned(config, works_for),
      directory_(std::move(directory)),
      random_(random_source::from_system()) {
  for (auto& each : found) {
    if (each.name.kind == partition_directory_kind::live) found_.emplace(each.name.which, each);
    // A `-future` directory is a move that the last run did not finish: the log is elsewhere.
    if (each.name.kind == partition_directory_kind::deleting ||
        each.name.kind == partition_directory_kind::future) {
      leftovers_.push_back(each.path);
    }
  }
}

directory_actor::behavior_type directory_actor::make_behavior() {
  return {
      [this](prepare_partitions& wanted) { return prepare(wanted); },
      [this](const save_checkpoints& wanted) { return save(wanted); },
      [this](const remove_partition& wanted) { return remove(wanted); },
      [this](const begin_future& wanted) { return begin_future_for(wanted.which); },
      [this](const install_future& wanted) { return install(wanted); },
      [this](const drop_future& wanted) {
        return disk_done::of(directory_->disk().remove_all(wanted.path));
      },
      [this](const release_partition& wanted) { return release(wanted); },
      [this](const sweep_leftovers&) { remove_leftovers(); },
      [this](const note_storage_error& noted) {
        return disk_done::of(directory_->note_storage_error(noted.directory_id));
      },
      [this](const forget_storage_errors& wanted) {
        return disk_done::of(directory_->forget_storage_errors(wanted.recovered));
      },
      [this](const mark_clean& wanted) {
        return disk_done::of(directory_->mark_clean(wanted.broker_epoch));
      },
  };
}

prepared_partitions directory_actor::prepare(prepare_partitions& wanted) {
  prepared_partitions prepared;
  prepared.jobs.reserve(wanted.wanted.size());
  bool created = false;
  // Checkpoints go by name: what they say of a deleted topic must not count for its successor.
  if (auto forgotten = directory_->forget(names_begun_anew(wanted)); !forgotten) {
    for (auto& each : wanted.wanted) {
      auto& job = prepared.jobs.emplace_back();
      job.wanted = std::move(each);
      job.failure = forgotten.error();
    }
    return prepared;  // nothing was made: the next attempt has them to forget as well
  }
  for (auto& each : wanted.wanted) prepared.jobs.push_back(prepare_one(each, created));
  if (!created) return prepared;
  // One sync of the directory for the whole burst of creations.
  if (auto synced = directory_->sync_creations(); !synced) {
    for (auto& job : prepared.jobs) job.failure = synced.error();
  }
  return prepared;
}

std::vector<topic_partition> directory_actor::names_begun_anew(
    const prepare_partitions& wanted) const {
  std::vector<topic_partition> names;
  for (const auto& each : wanted.wanted) {
    auto found = found_.find(each.which);
    const bool is_there = found != found_.end() &&
                          (!found->second.topic_id || *found->second.topic_id == each.topic_id);
    if (!is_there) names.push_back(each.which);
  }
  return names;
}

open_log directory_actor::prepare_one(partition_to_open& wanted, bool& created) {
  open_log job;
  auto found = found_.find(wanted.which);
  if (found != found_.end() && found->second.topic_id &&
      *found->second.topic_id != wanted.topic_id) {
    // The log of an earlier topic of that name that nobody has asked to delete: kept, aside.
    auto aside =
        directory_->set_aside(found->second.path, partition_directory_kind::stray, random_.id());
    if (aside) {
      log::warn("disk", "{} is of topic id {}, not {}; it is kept as {}", found->second.path,
                found->second.topic_id->to_string(), wanted.topic_id.to_string(), *aside);
    } else {
      job.failure = std::move(aside.error());
    }
    found_.erase(found);
    found = found_.end();
  }
  // Also a log whose partition.metadata is lost gets one: it is this topic's from now on.
  if (!job.failure && (found == found_.end() || !found->second.topic_id)) {
    auto path = directory_->create_partition(wanted.which, wanted.topic_id, sync_time::later);
    created = true;
    if (path) {
      found = found_
                  .insert_or_assign(wanted.which,
                                    found_partition{*path, {wanted.which}, wanted.topic_id})
                  .first;
    } else {
      job.failure = std::move(path.error());
    }
  }
  if (found != found_.end()) job.path = found->second.path;
  job.context = directory_->context_for(wanted.which, time().wall_ms());
  auto& context = job.context;
  if (wanted.is_again) context.last = last_shutdown::process_crash;
  context.log_start_offset = std::max(context.log_start_offset, wanted.log_start_offset);
  const auto& saved = directory_->high_watermarks();
  if (auto known = saved.find(wanted.which); known != saved.end()) {
    job.high_watermark = known->second;
  }
  job.wanted = std::move(wanted);
  return job;
}

/// Deleted partitions whose removal the last run did not finish, and what has moved away.
void directory_actor::remove_leftovers() {
  for (const auto& path : std::exchange(leftovers_, {})) {
    auto removed = directory_->disk().remove_all(path);
    if (!removed) log::warn("disk", "a leftover stays: {}", removed.error().message);
  }
}

disk_done directory_actor::save(const save_checkpoints& wanted) {
  auto recovery = directory_->save_recovery_points(
      merged(directory_->recovery_points(), wanted.recovery_points));
  if (!recovery) return {std::move(recovery.error())};
  auto starts = directory_->save_log_starts(merged(directory_->log_starts(), wanted.log_starts));
  if (!starts) return {std::move(starts.error())};
  if (!wanted.clean_points.empty()) {
    auto clean =
        directory_->save_clean_points(merged(directory_->clean_points(), wanted.clean_points));
    if (!clean) return {std::move(clean.error())};
  }
  return disk_done::of(directory_->save_high_watermarks(
      merged(directory_->high_watermarks(), wanted.high_watermarks)));
}

// --- moves between log directories ---

future_begun directory_actor::begin_future_for(const topic_partition& which) {
  auto made = directory_->create_future(which, random_.id());
  if (!made) return {{}, std::move(made.error())};
  return {std::move(*made), std::nullopt};
}

/// Whatever has the name that a log will get: nobody uses it, nobody has asked to delete it.
outcome<void> directory_actor::clear_place(const topic_partition& which) {
  found_.erase(which);
  const auto path =
      join_path(directory_->path(), partition_directory({which, partition_directory_kind::live}));
  auto is_there = directory_->disk().exists(path);
  if (!is_there) return std::move(is_there.error());
  if (!*is_there) return {};
  auto aside = directory_->set_aside(path, partition_directory_kind::stray, random_.id());
  if (!aside) return std::move(aside.error());
  log::warn("disk", "{} was in the way of a log that moves here; it is kept as {}", path, *aside);
  return {};
}

/// The checkpoints first: a log without its start would give back what was deleted.
disk_done directory_actor::install(const install_future& wanted) {
  if (auto saved = save(wanted.checkpoints); saved.failure) return saved;
  if (auto cleared = clear_place(wanted.which); !cleared) return {std::move(cleared.error())};
  auto path = directory_->install(wanted.path);
  if (!path) return {std::move(path.error())};
  found_.insert_or_assign(wanted.which, found_partition{*path, {wanted.which}, wanted.topic_id});
  return {};
}

/// Gives a live partition's data the name of something to be deleted. Nothing if it is not here.
outcome<std::optional<std::string>> directory_actor::take_aside(const topic_partition& which,
                                                                const uuid& topic_id) {
  auto found = found_.find(which);
  // As where it is opened: a log without partition.metadata is anybody's.
  if (found == found_.end() || found->second.topic_id.value_or(topic_id) != topic_id) {
    return {std::nullopt};
  }
  auto aside =
      directory_->set_aside(found->second.path, partition_directory_kind::deleting, random_.id());
  if (!aside) return std::move(aside.error());
  found_.erase(found);
  return std::optional{std::move(*aside)};
}

disk_done directory_actor::release(const release_partition& wanted) {
  auto aside = take_aside(wanted.which, wanted.topic_id);
  if (!aside) return {std::move(aside.error())};
  if (!*aside) return {};
  leftovers_.push_back(std::move(**aside));
  // What the checkpoints say of it must not be believed of a log that comes here later.
  const std::array gone{wanted.which};
  if (auto forgotten = directory_->forget(gone); !forgotten) {
    log::warn("disk", "old checkpoints stay: {}", forgotten.error().message);
  }
  return {};
}

disk_done directory_actor::remove(const remove_partition& wanted) {
  if (wanted.stop.stop_requested()) {
    return {fault{error_code::kafka_storage_error, "the broker is stopping"}};
  }
  auto aside = take_aside(wanted.which, wanted.topic_id);
  if (!aside) return {std::move(aside.error())};
  return *aside ? disk_done::of(directory_->disk().remove_all(**aside)) : disk_done{};
}

}  // namespace ottla
