// The seam between the log and the disk: everything storage asks of an operating system.
//
// Production uses posix_file_system; tests and simulation put a disk in memory behind it that
// tears, loses and refuses writes. Calls block. Paths are UTF-8 strings with '/' between names. A
// `file` has one caller at a time, except read_at() (see readable_file), which any thread may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "protocol/gather_list.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

enum class open_mode : uint8_t {
  read_only,    ///< Must exist.
  read_write,   ///< Must exist.
  create,       ///< Created if absent, contents kept.
  create_empty  ///< Created, or cut to zero length.
};

/// An open file. Closed when the last holder lets go.
class file : public readable_file {
public:
  /// Writes all pieces one after the other at `position`. On failure some of them may be on disk.
  virtual outcome<void> write_at(std::span<const std::span<const std::byte>> pieces,
                                 int64_t position) = 0;
  /// Current length in bytes.
  [[nodiscard]] virtual outcome<int64_t> size() const = 0;
  virtual outcome<void> truncate(int64_t length_bytes) = 0;
  /// fdatasync: after success everything written before the call survives a power cut.
  virtual outcome<void> sync() = 0;
  /// Whether the range is in the page cache, so that sendfile will not wait for the disk. A hint.
  [[nodiscard]] virtual bool is_cached(int64_t position, int64_t length) const = 0;
  /// Asks the system to read the range into the page cache, waiting for it (for disk actors).
  virtual outcome<void> read_ahead(int64_t position, int64_t length) const = 0;

  /// Forgets clean pages of the file, so that reads show what is on the disk: after a failed sync
  /// the page cache may hold what the disk lacks.
  virtual void drop_cache() const = 0;

  outcome<void> write_at(std::span<const std::byte> bytes, int64_t position) {
    return write_at(std::span{&bytes, 1}, position);
  }
};

struct directory_entry {
  std::string name;
  bool is_directory = false;
};

struct disk_space {
  int64_t free_bytes = 0;  ///< Available to this process.
  int64_t total_bytes = 0;
};

/// Held for as long as the process owns a directory; released on destruction.
class directory_lock {
public:
  virtual ~directory_lock() = default;
};

/// Whether a failed operation may succeed later by itself: the disk or a quota is full, or the
/// process or the system is short of something. It says nothing against the disk.
[[nodiscard]] bool is_passing(const fault& why);

class file_system {
public:
  virtual ~file_system() = default;

  virtual outcome<std::shared_ptr<file>> open(const std::string& path, open_mode mode) = 0;
  virtual outcome<void> rename(const std::string& from, const std::string& to) = 0;
  virtual outcome<void> remove_file(const std::string& path) = 0;
  /// Makes the directory and those above it; succeeds if it is there.
  virtual outcome<void> create_directories(const std::string& path) = 0;
  /// Removes the directory and all below it.
  virtual outcome<void> remove_all(const std::string& path) = 0;
  /// Entries by name, without "." and "..", sorted.
  virtual outcome<std::vector<directory_entry>> list(const std::string& path) = 0;
  [[nodiscard]] virtual outcome<bool> exists(const std::string& path) = 0;
  /// fsync of a directory: without it a creation, rename or removal in it may be lost.
  virtual outcome<void> sync_directory(const std::string& path) = 0;
  virtual outcome<disk_space> space(const std::string& path) = 0;
  /// An exclusive lock on the file `path` (created if absent); a fault if another process has it.
  virtual outcome<std::unique_ptr<directory_lock>> lock(const std::string& path) = 0;
  /// What tells whether the page cache survived since the last run: boot id, and the mount of
  /// `path`.
  struct mount_identity {
    std::string boot_id;
    std::string mount_id;  ///< Device, filesystem and unique mount id, as text.
  };
  virtual outcome<mount_identity> identify_mount(const std::string& path) = 0;
};

}  // namespace ottla
