// Opens the broker's log directories before any actor exists: who they belong to, how the last run
// ended, and which partitions lie where. Blocks.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/config/broker_config.hpp"
#include "actors/runtime/random_source.hpp"
#include "storage/file_handles.hpp"
#include "storage/log_directory.hpp"
#include "storage/metadata/cluster_records.hpp"

namespace ottla {

struct opened_directory {
  std::shared_ptr<log_directory> directory;
  std::shared_ptr<file_handles> handles;
  std::vector<found_partition> found;
};

struct opened_log_dirs {
  std::string cluster_id;  ///< What the directories say, or a new one if all are new.
  uuid incarnation;        ///< Of this run.
  last_stop stopped = last_stop::clean;
  std::vector<opened_directory> directories;
  bool is_any_left_out = false;  ///< A directory of log.dirs failed: its partitions are not found.
  std::vector<std::string> warnings;

  /// Where each live partition was found, by index into `directories`.
  [[nodiscard]] std::unordered_map<topic_partition, size_t> places() const;
  /// How far each compacted partition was cleaned.
  [[nodiscard]] offset_checkpoint clean_points() const;
};

/// Fault: a directory cannot be used; the message names it and says why. One that cannot be read
/// is left out with a warning while another one works. `open_files_max`: of all segments together.
outcome<opened_log_dirs> open_log_dirs(file_system& disk, const broker_config& config,
                                       random_source& random, size_t open_files_max = 512);

}  // namespace ottla
