// The file_system of production: POSIX calls, each failure a fault with its errno.
//
// Thread-safe: it keeps no state of its own. A full disk is `kafka_storage_error` with ENOSPC, so
// that the log can tell it from a broken one.
#pragma once

#include "storage/file_system.hpp"

namespace ottla {

class posix_file_system final : public file_system {
public:
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
};

}  // namespace ottla
