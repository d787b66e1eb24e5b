#include "actors/broker/log_dirs.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <optional>

#include "storage/small_files.hpp"

namespace ottla {
namespace {

constexpr size_t meta_properties_max_bytes = 64 << 10;

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
  for (const auto& path : paths) {
    auto identity = peek_identity(disk, path);
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
  return cluster_id.empty() ? random.id().to_string() : cluster_id;
}

size_t open_files_limit(const broker_config& config) {
  if (config.open_files_max > 0) return static_cast<size_t>(config.open_files_max);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1024;
  // Half for segments, the rest for connections.
  return std::clamp<size_t>(limit.rlim_cur / 2, 64, 8192);
}

last_stop worst(last_stop so_far, last_shutdown found) {
  auto next = found == last_shutdown::clean           ? last_stop::clean
              : found == last_shutdown::process_crash ? last_stop::process_crash
                                                      : last_stop::machine_crash;
  return std::max(so_far, next);
}

/// Refusals that the operator must see, whatever other directories there are.
bool stops_the_start(const fault& why) {
  return why.code != error_code::kafka_storage_error || why.os_errno == 0;
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
                                       random_source& random) {
  auto cluster_id = agree_on_cluster(disk, config.log_dirs, random);
  if (!cluster_id) return std::move(cluster_id.error());
  opened_log_dirs all{.cluster_id = *cluster_id, .incarnation = random.id()};
  std::vector<uuid> distrusted;
  std::optional<fault> failure;
  for (const auto& path : config.log_dirs) {
    auto opened = log_directory::open(disk, path,
                                      {.cluster_id = all.cluster_id,
                                       .node = config.node_id,
                                       .fresh_directory_id = random.id(),
                                       .incarnation = all.incarnation});
    if (!opened) {
      if (stops_the_start(opened.error())) return std::move(opened.error());
      all.warnings.push_back("log.dirs: " + path + " is left out: " + opened.error().message);
      failure = std::move(opened.error());
      continue;
    }
    auto found = (*opened)->partitions();
    if (!found) return std::move(found.error());
    for (const auto& each : (*opened)->storage_errors()) distrusted.push_back(each);
    all.directories.push_back(
        {std::shared_ptr<log_directory>{std::move(*opened)}, nullptr, std::move(*found)});
  }
  if (all.directories.empty()) return std::move(*failure);
  for (auto& each : all.directories) {
    const auto& id = each.directory->identity().directory_id;
    if (std::find(distrusted.begin(), distrusted.end(), id) != distrusted.end()) {
      each.directory->distrust();
    }
    all.stopped = worst(all.stopped, each.directory->last());
    each.handles =
        std::make_shared<file_handles>(disk, open_files_limit(config) / all.directories.size());
  }
  return all;
}

}  // namespace ottla
