#include "actors/broker/log_dirs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <tuple>

#include "storage/small_files.hpp"

namespace ottla {
namespace {

constexpr size_t meta_properties_max_bytes = 64 << 10;

/// Refusals that the operator must see, whatever other directories there are.
bool stops_the_start(const fault& why) {
  const bool is_locked = why.os_errno == EWOULDBLOCK;  // by a process that uses it
  return why.code != error_code::kafka_storage_error || why.os_errno == 0 || is_locked;
}

/// What an existing directory says of itself; nothing for one that is new.
outcome<std::optional<directory_identity>> peek_identity(file_system& disk,
                                                         const std::string& path) {
  auto text = read_file(disk, join_path(path, meta_properties_name), meta_properties_max_bytes);
  if (!text) {
    if (text.error().code == error_code::resource_not_found)
      return std::optional<directory_identity>{};
    return std::move(text.error());
  }
  auto identity = decode_meta_properties(*text);
  if (!identity) {
    return fault{identity.error().code, path + ": " + identity.error().message, 0};
  }
  return std::optional{*identity};
}

last_stop worst(last_stop so_far, last_shutdown found) {
  auto next = found == last_shutdown::clean           ? last_stop::clean
              : found == last_shutdown::process_crash ? last_stop::process_crash
                                                      : last_stop::machine_crash;
  return std::max(so_far, next);
}

outcome<opened_directory> open_one(file_system& disk, const std::string& path,
                                   const directory_terms& terms) {
  auto opened = log_directory::open(disk, path, terms);
  if (!opened) return std::move(opened.error());
  auto found = (*opened)->partitions();
  if (!found) return std::move(found.error());
  return opened_directory{std::shared_ptr<log_directory>{std::move(*opened)}, nullptr,
                          std::move(*found)};
}

/// How far a log at rest reaches: two copies of one log differ only in what was written to one of
/// them later, and in what was deleted from it.
outcome<std::tuple<log_offset, int64_t, log_offset>> reach_of(const log_directory& directory,
                                                              const found_partition& partition) {
  auto entries = directory.disk().list(partition.path);
  if (!entries) return std::move(entries.error());
  log_offset newest = -1;
  for (const auto& entry : *entries) {
    newest = std::max(newest, segment_base(entry.name).value_or(-1));
  }
  int64_t bytes = 0;
  if (newest >= 0) {
    auto active = directory.disk().open(log_file_path(partition.path, {log_file_kind::log, newest}),
                                        open_mode::read_only);
    if (!active) return std::move(active.error());
    auto size = (*active)->size();
    if (!size) return std::move(size.error());
    bytes = *size;
  }
  const auto& starts = directory.log_starts();
  auto start = starts.find(partition.name.which);
  return std::tuple{newest, bytes, start == starts.end() ? log_offset{0} : start->second};
}

outcome<opened_log_dirs> open_all(file_system& disk, const broker_config& config,
                                  random_source& random, std::string cluster_id,
                                  size_t open_files_max) {
  opened_log_dirs all{.cluster_id = std::move(cluster_id), .incarnation = random.id()};
  std::vector<uuid> distrusted;
  std::optional<fault> failure;
  for (const auto& path : config.log_dirs) {
    auto opened = open_one(disk, path,
                           {.cluster_id = all.cluster_id,
                            .node = config.node_id,
                            .fresh_directory_id = random.id(),
                            .incarnation = all.incarnation});
    if (!opened) {
      if (stops_the_start(opened.error())) return std::move(opened.error());
      all.warnings.push_back("log.dirs: " + path + " is left out: " + opened.error().message);
      all.is_any_left_out = true;
      failure = std::move(opened.error());
      continue;
    }
    const auto& directory = *opened->directory;
    for (const auto& note : directory.notes()) all.warnings.push_back(path + ": " + note);
    for (const auto& each : directory.storage_errors()) distrusted.push_back(each);
    all.directories.push_back(std::move(*opened));
  }
  if (all.directories.empty()) return std::move(*failure);
  OTTLA_TRY(settle_moves(all, random));
  for (auto& each : all.directories) {
    const auto& id = each.directory->identity().directory_id;
    if (std::find(distrusted.begin(), distrusted.end(), id) != distrusted.end()) {
      each.directory->distrust();
    }
    all.stopped = worst(all.stopped, each.directory->last());
    if (all.previous_incarnation.is_zero()) {
      all.previous_incarnation = each.directory->previous_incarnation();
    }
    each.handles = std::make_shared<file_handles>(disk, open_files_max / all.directories.size());
  }
  return all;
}

}  // namespace

log_places opened_log_dirs::places() const {
  log_places where;
  for (size_t i = 0; i < directories.size(); ++i) {
    for (const auto& each : directories[i].found) {
      if (each.name.kind != partition_directory_kind::live) continue;
      where.put(each.name.which, each.topic_id.value_or(uuid{}), i);
    }
  }
  return where;
}

offset_checkpoint opened_log_dirs::clean_points() const {
  offset_checkpoint all;
  for (const auto& each : directories) {
    const auto& points = each.directory->clean_points();
    all.insert(points.begin(), points.end());
  }
  return all;
}

outcome<void> settle_moves(opened_log_dirs& all, random_source& random) {
  std::map<topic_partition, std::pair<opened_directory*, found_partition*>> live;
  for (auto& opened : all.directories) {
    for (auto& each : opened.found) {
      if (each.name.kind != partition_directory_kind::live || !each.topic_id) continue;
      auto [twin, is_first] = live.try_emplace(each.name.which, &opened, &each);
      if (is_first || twin->second.second->topic_id != each.topic_id) continue;
      auto first = reach_of(*twin->second.first->directory, *twin->second.second);
      if (!first) return std::move(first.error());
      auto second = reach_of(*opened.directory, each);
      if (!second) return std::move(second.error());
      std::pair kept{&opened, &each};
      auto loser = twin->second;
      if (*first >= *second) std::swap(kept, loser);
      auto aside = loser.first->directory->set_aside(
          loser.second->path, partition_directory_kind::deleting, random.id());
      twin->second = kept;
      all.warnings.push_back("log.dirs: " + loser.second->path + " is the old place of " +
                             kept.second->path +
                             (aside ? " and was set aside" : "; " + aside.error().message));
      // What could not be set aside stays as it is, and out of use, until the next start.
      loser.second->name.kind =
          aside ? partition_directory_kind::deleting : partition_directory_kind::stray;
      if (!aside) continue;
      loser.second->path = *aside;
      const std::array gone{each.name.which};
      if (auto forgotten = loser.first->directory->forget(gone); !forgotten) {
        all.warnings.push_back("log.dirs: old checkpoints stay: " + forgotten.error().message);
      }
    }
  }
  return {};
}

outcome<std::string> cluster_of_log_dirs(file_system& disk, const std::vector<std::string>& paths) {
  std::string cluster_id;
  std::string said_by;
  std::optional<fault> unknown;
  for (const auto& path : paths) {
    auto identity = peek_identity(disk, path);
    if (!identity && !stops_the_start(identity.error())) {
      unknown = std::move(identity.error());  // it will be left out
      continue;
    }
    if (!identity) return std::move(identity.error());
    if (!*identity || (*identity)->cluster_id.empty()) continue;
    const auto& told = (*identity)->cluster_id;
    if (!cluster_id.empty() && told != cluster_id) {
      return fault{error_code::inconsistent_cluster_id,
                   path + " belongs to cluster " + told + ", but " + said_by + " to " + cluster_id +
                       "; log.dirs must all be of one cluster",
                   0};
    }
    cluster_id = told;
    said_by = path;
  }
  // A new cluster begins only where no directory can say otherwise.
  if (cluster_id.empty() && unknown) return std::move(*unknown);
  return cluster_id;
}

outcome<opened_log_dirs> open_log_dirs(file_system& disk, const broker_config& config,
                                       random_source& random, size_t open_files_max) {
  auto cluster_id = cluster_of_log_dirs(disk, config.log_dirs);
  if (!cluster_id) return std::move(cluster_id.error());
  return open_all(disk, config, random,
                  cluster_id->empty() ? random.id().to_string() : std::move(*cluster_id),
                  open_files_max);
}

outcome<opened_log_dirs> open_log_dirs_of(file_system& disk, const broker_config& config,
                                          random_source& random, size_t open_files_max,
                                          std::string cluster_id) {
  auto all = open_all(disk, config, random, std::move(cluster_id), open_files_max);
  if (!all) return all;
  if (all->is_any_left_out) all->stopped = last_stop::disk_replaced;
  for (const auto& each : all->directories) {
    if (each.directory->is_new()) all->stopped = last_stop::disk_replaced;
  }
  return all;
}

}  // namespace ottla
