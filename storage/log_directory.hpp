// One of the broker's `log.dirs`: who owns it, how the last run ended, and what lies in it.
//
// Opening locks the directory against other processes and refuses one of another cluster, node or
// newer format. Blocking; one caller at a time (checkpoints are written by a disk actor).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/checkpoints.hpp"
#include "storage/log_files.hpp"
#include "storage/log_recovery.hpp"
#include "storage/small_files.hpp"

namespace ottla {

/// What `meta.properties` holds (version 1 of Kafka's format).
struct directory_identity {
  std::string cluster_id;
  broker_id node = no_broker;
  uuid directory_id;

  friend bool operator==(const directory_identity&, const directory_identity&) = default;
};

std::string encode_meta_properties(const directory_identity& identity);
/// Reads version 0 (`broker.id`, ZooKeeper mode) and 1. Faults: corrupt_message,
/// unsupported_version.
outcome<directory_identity> decode_meta_properties(std::string_view text);

/// One partition's directory inside a log directory.
struct found_partition {
  std::string path;
  partition_directory_name name;
  std::optional<uuid> topic_id;  ///< By partition.metadata, where it is good.
};

struct directory_terms {
  std::string cluster_id;  ///< Empty: take whatever an existing directory says.
  broker_id node = no_broker;
  uuid fresh_directory_id;  ///< Given to a directory that has none yet.
  uuid incarnation;         ///< Of this run, for the run marker.
};

class log_directory {
public:
  /// Locks, checks and marks the directory as running. Creates it if absent. Faults (the message
  /// names the directory and the reason): inconsistent_cluster_id, unsupported_version,
  /// kafka_storage_error.
  static outcome<std::unique_ptr<log_directory>> open(file_system& disk, std::string path,
                                                      const directory_terms& terms);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const directory_identity& identity() const { return identity_; }
  /// Whether this directory was made by this call.
  [[nodiscard]] bool is_new() const { return is_new_; }
  /// One sentence for each thing that was not as it should be.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  /// How the last run ended, by clean-shutdown file, run marker and storage-error flag.
  [[nodiscard]] last_shutdown last() const { return last_; }

  /// Of the last run, as far as it has left word; zero otherwise.
  [[nodiscard]] const uuid& previous_incarnation() const { return previous_incarnation_; }

  /// All partition directories. Directories that nobody can have made are left alone.
  outcome<std::vector<found_partition>> partitions();
  /// What partition_log::open() needs for one partition.
  [[nodiscard]] recovery_context context_for(const topic_partition& which,
                                             timestamp_ms now_ms) const;

  /// Makes `<topic>-<partition>` with its partition.metadata. With sync_time::later the caller
  /// calls sync_creations() once for a burst.
  outcome<std::string> create_partition(const topic_partition& which, const uuid& topic_id,
                                        sync_time when);
  outcome<void> sync_creations();
  /// Makes the empty `<topic>-<partition>.<unique>-future` of a replica that moves here.
  outcome<std::string> create_future(const topic_partition& which, const uuid& unique);
  /// Renames a future directory, whole and synced, to that of the live partition.
  outcome<std::string> install(const std::string& future_path);
  /// Renames a partition's directory to `-delete` or `-stray`; answers with the new path.
  outcome<std::string> set_aside(const std::string& partition_path, partition_directory_kind kind,
                                 const uuid& unique);

  [[nodiscard]] const offset_checkpoint& recovery_points() const { return recovery_points_; }
  [[nodiscard]] const offset_checkpoint& high_watermarks() const { return high_watermarks_; }
  [[nodiscard]] const offset_checkpoint& log_starts() const { return log_starts_; }
  [[nodiscard]] const offset_checkpoint& clean_points() const { return clean_points_; }
  outcome<void> save_recovery_points(offset_checkpoint offsets);
  outcome<void> save_high_watermarks(offset_checkpoint offsets);
  outcome<void> save_log_starts(offset_checkpoint offsets);
  outcome<void> save_clean_points(offset_checkpoint offsets);

  /// Drops what the checkpoints say of partitions that begin anew under a name that was used
  /// before.
  outcome<void> forget(std::span<const topic_partition> which);

  /// Says that directory `failed` (perhaps this one) had a storage error, so that the next start
  /// does not believe its page cache. Write it into every directory that still works.
  outcome<void> note_storage_error(const uuid& failed);
  /// Directories that note_storage_error() named in the last run: pass them to distrust().
  [[nodiscard]] const std::vector<uuid>& storage_errors() const { return storage_errors_; }
  /// Another directory says that this one failed: its last run counts as a machine crash.
  void distrust() { last_ = last_shutdown::machine_crash; }
  /// All logs of these directories are recovered: what earlier runs did to them no longer counts.
  outcome<void> forget_storage_errors(std::span<const uuid> recovered);

  /// The last act of a clean shutdown, after every log was closed and every checkpoint written.
  /// Does nothing while logs are still to be recovered after a crash of the machine.
  outcome<void> mark_clean(int64_t broker_epoch);
  outcome<disk_space> space() const { return disk_.space(path_); }
  [[nodiscard]] file_system& disk() const { return disk_; }

private:
  log_directory(file_system& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

  outcome<void> check_identity(const directory_terms& terms);
  outcome<void> judge_last_run();
  outcome<void> begin_run(const uuid& incarnation);
  outcome<void> write_marker();
  outcome<void> load_checkpoints();
  outcome<void> save_storage_errors();
  outcome<void> save(offset_checkpoint& kept, std::string_view name, offset_checkpoint offsets);
  [[nodiscard]] std::string inside(std::string_view name) const { return join_path(path_, name); }

  file_system& disk_;
  std::string path_;
  std::unique_ptr<directory_lock> lock_;
  directory_identity identity_;
  bool is_new_ = false;
  last_shutdown last_ = last_shutdown::clean;
  bool distrusted_ = false;
  bool is_foreign_ = false;   // the last run was not ours, and did not end cleanly
  bool unrecovered_ = false;  // the marker says that a crash of the machine is still to be mended
  uuid incarnation_;
  uuid previous_incarnation_;
  std::vector<uuid> storage_errors_;
  std::vector<std::string> notes_;
  offset_checkpoint recovery_points_, high_watermarks_, log_starts_, clean_points_;
};

}  // namespace ottla
