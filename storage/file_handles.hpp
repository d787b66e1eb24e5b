// The open files of a log directory, few at a time: files open on demand, the least recently used
// closes.
//
// Shared by all logs of a directory and thread-safe. A reader that still holds the shared_ptr keeps
// its file open beyond the limit: closing only drops the cache's own reference.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "storage/file_system.hpp"

namespace ottla {

class file_handles {
public:
  file_handles(file_system& disk, size_t limit) : disk_(disk), limit_(limit) {}

  [[nodiscard]] file_system& disk() const { return disk_; }
  /// Files that the cache holds open now.
  [[nodiscard]] size_t open_files() const;

private:
  friend class cached_file;
  struct entry {
    uint64_t id;
    std::shared_ptr<file> opened;
  };

  uint64_t next_id();
  outcome<std::shared_ptr<file>> acquire(uint64_t id, const std::string& path, open_mode mode);
  void forget(uint64_t id);

  file_system& disk_;
  const size_t limit_;
  mutable std::mutex mutex_;
  uint64_t last_id_ = 0;
  std::list<entry> by_use_;  // most recent first
  std::unordered_map<uint64_t, std::list<entry>::iterator> by_id_;
};

/// One file that is opened when it is needed and may be closed in between.
class cached_file {
public:
  cached_file(file_handles& handles, std::string path)
      : handles_(&handles), id_(handles.next_id()), path_(std::move(path)) {}
  ~cached_file() { close(); }
  cached_file(cached_file&& other) noexcept;
  cached_file& operator=(cached_file&& other) noexcept;
  cached_file(const cached_file&) = delete;
  cached_file& operator=(const cached_file&) = delete;

  /// The open file for reading and writing; created if `create`.
  outcome<std::shared_ptr<file>> get(bool create = false);
  /// Lets go of the handle; readers keep theirs.
  void close();
  /// Renames the file; an open handle stays valid. One that is not written yet only changes its
  /// name: whoever removes the new name must not hit a later file of the old one.
  outcome<void> rename(std::string to);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] file_handles& handles() const { return *handles_; }

private:
  file_handles* handles_;
  uint64_t id_;
  std::string path_;
};

}  // namespace ottla
