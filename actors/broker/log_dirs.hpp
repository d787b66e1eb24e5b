// Opens the broker's log directories before any actor exists: who they belong to, how the last run
// ended, and which partitions lie where. Blocks.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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

/// Where the logs of partitions were found, by index into the directories. A log belongs to the
/// topic that its partition.metadata names, not to every topic of that name.
class log_places {
public:
  void put(const topic_partition& name, const uuid& topic_id, size_t directory) {
    places_[{name, topic_id}] = directory;
  }
  void erase(const topic_partition& name, const uuid& topic_id) {
    places_.erase({name, topic_id});
    places_.erase({name, uuid{}});
  }
  /// A log without partition.metadata is anybody's.
  [[nodiscard]] std::optional<size_t> find(const topic_partition& name,
                                           const uuid& topic_id) const {
    auto found = places_.find({name, topic_id});
    if (found == places_.end()) found = places_.find({name, uuid{}});
    return found == places_.end() ? std::nullopt : std::optional{found->second};
  }

private:
  std::map<std::pair<topic_partition, uuid>, size_t> places_;
};

struct opened_log_dirs {
  std::string cluster_id;     ///< What the directories say, or a new one if all are new.
  uuid incarnation;           ///< Of this run.
  uuid previous_incarnation;  ///< Of the last run, or zero.
  last_stop stopped = last_stop::clean;
  std::vector<opened_directory> directories;
  bool is_any_left_out = false;  ///< A directory of log.dirs failed: its partitions are not found.
  std::vector<std::string> warnings;

  [[nodiscard]] log_places places() const;
  /// How far each compacted partition was cleaned.
  [[nodiscard]] offset_checkpoint clean_points() const;
};

/// A crash in the middle of a move may leave one partition live in two directories: the one that
/// reaches farther stays, the other is set aside.
outcome<void> settle_moves(opened_log_dirs& all, random_source& random);

/// Fault: a directory cannot be used; the message names it and says why. One that cannot be read
/// is left out with a warning while another one works. `open_files_max`: of all segments together.
outcome<opened_log_dirs> open_log_dirs(file_system& disk, const broker_config& config,
                                       random_source& random, size_t open_files_max = 512);

/// The one cluster that the directories belong to; empty: all of them are new.
outcome<std::string> cluster_of_log_dirs(file_system& disk, const std::vector<std::string>& paths);

/// The same for a broker of that cluster. New directories count as replaced ones: what the cluster
/// believes to be in them is not there.
outcome<opened_log_dirs> open_log_dirs_of(file_system& disk, const broker_config& config,
                                          random_source& random, size_t open_files_max,
                                          std::string cluster_id);

}  // namespace ottla
