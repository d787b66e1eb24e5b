#include "actors/broker/log_dirs.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

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

/// The one cluster that all directories belong to.
outcome<std::string> agree_on_cluster(file_system& disk, const std::vector<std::string>& paths,
                                      random_source& random) {
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
  return cluster_id.empty() ? random.id().to_string() : cluster_id;
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

}  // namespace

std::unordered_map<topic_partition, size_t> opened_log_dirs::places() const {
  std::unordered_map<topic_partition, size_t> where;
  for (size_t i = 0; i < directories.size(); ++i) {
    for (const auto& each : directories[i].found) {
      if (each.name.kind == partition_directory_kind::live) where.emplace(each.name.which, i);
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

outcome<opened_log_dirs> open_log_dirs(file_system& disk, const broker_config& config,
                                       random_source& random, size_t open_files_max) {
  auto cluster_id = agree_on_cluster(disk, config.log_dirs, random);
  if (!cluster_id) return std::move(cluster_id.error());
  opened_log_dirs all{.cluster_id = *cluster_id, .incarnation = random.id()};
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
  for (auto& each : all.directories) {
    const auto& id = each.directory->identity().directory_id;
    if (std::find(distrusted.begin(), distrusted.end(), id) != distrusted.end()) {
      each.directory->distrust();
    }
    all.stopped = worst(all.stopped, each.directory->last());
    each.handles = std::make_shared<file_handles>(disk, open_files_max / all.directories.size());
  }
  return all;
}

}  // namespace ottla
