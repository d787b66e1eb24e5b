// A disk in memory that fails as real ones do: for storage tests and the whole-node simulation.
//
// Remembers what was synced and what was not. A power cut keeps, loses or tears (at 512 bytes) each
// write that was not synced, and keeps some first part of the creations, renames and removals whose
// directory was not synced. Deterministic: all chance comes from a seed. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "storage/file_system.hpp"

namespace ottla {

/// What can be made to fail.
enum class disk_operation : uint8_t { open, read, write, sync, truncate, rename, remove, list };

class memory_file_system final : public file_system {
public:
  explicit memory_file_system(uint64_t seed = 1);
  ~memory_file_system() override;

  // --- the seam ---
  outcome<std::shared_ptr<file>> open(const std::string& path, open_mode mode) override;
  outcome<void> rename(const std::string& from, const std::string& to) override;
  outcome<void> remove_file(const std::string& path) override;
  outcome<void> create_directories(const std::string& path) override;
  outcome<void> remove_all(const std::string& path) override;
  outcome<std::vector<directory_entry>> list(const std::string& path) override;
  outcome<bool> exists(const std::string& path) override;
  outcome<void> sync_directory(const std::string& path) override;
  outcome<disk_space> space(const std::string& path) override;
  outcome<std::unique_ptr<directory_lock>> lock(const std::string& path) override;
  outcome<mount_identity> identify_mount(const std::string& path) override;

  // --- faults ---

  /// The process dies: nothing that was written is lost, open files no longer reach the disk.
  void kill_process();
  /// The machine dies: see above. The boot id changes.
  void cut_power();
  /// Writes that would take more than this many bytes in all files fail with ENOSPC, having written
  /// what fits. Nothing: no limit.
  void limit_space(std::optional<int64_t> total_bytes) { space_limit_ = total_bytes; }
  /// Everything that changes the disk fails with EROFS.
  void set_read_only(bool read_only) { read_only_ = read_only; }
  /// The next operation of this kind, after `skip` more, fails with `error`. A failed sync loses
  /// the unsynced writes at the next power cut although reads still show them.
  void fail(disk_operation which, int error, int skip = 0);
  /// From the `n`th change of the disk on (counted from now) all changes fail with EIO.
  void halt_after(int64_t n) { halt_at_ = changes_ + n; }
  void no_halt() { halt_at_.reset(); }
  [[nodiscard]] bool halted() const { return halt_at_ && changes_ >= *halt_at_; }

  // --- a look from outside ---

  void flip_bit(const std::string& path, int64_t byte, int bit);
  [[nodiscard]] std::string contents(const std::string& path) const;
  void put(const std::string& path, std::string_view contents);  ///< Synced at once.
  [[nodiscard]] std::vector<std::string> paths() const;
  [[nodiscard]] int64_t used_bytes() const;
  /// Changes of the disk so far: writes, truncations, creations, renames, removals, syncs.
  [[nodiscard]] int64_t changes() const { return changes_; }
  [[nodiscard]] int64_t syncs() const { return syncs_; }

private:
  friend class memory_file;
  struct node;
  struct name_change;

  outcome<void> begin(disk_operation which, const std::string& path, bool is_change);
  void log_change(name_change change);
  void make_parents(const std::string& path);
  static void apply(std::map<std::string, std::shared_ptr<node>>& names, const name_change& change);

  std::map<std::string, std::shared_ptr<node>> names_;          // as processes see them
  std::map<std::string, std::shared_ptr<node>> durable_names_;  // after a power cut
  std::vector<name_change> pending_names_;
  std::set<std::string> directories_;
  std::set<std::string> locks_;
  struct planned_failure {
    int error = 0;
    int skip = 0;
  };
  std::map<disk_operation, planned_failure> failures_;
  std::optional<int64_t> space_limit_;
  std::optional<int64_t> halt_at_;
  bool read_only_ = false;
  int64_t changes_ = 0;
  int64_t syncs_ = 0;
  int boots_ = 1;
  std::shared_ptr<uint64_t> life_ = std::make_shared<uint64_t>(1);  // of the running process
  std::mt19937_64 random_;
};

}  // namespace ottla
