// Copies one log into another log directory, beside the log that goes on meanwhile.
//
// Step by step while the log is in use, then once more when it is closed. Segments that are not
// written any more are copied once; the log must not be compacted or truncated meanwhile. Blocking;
// one caller at a time.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "storage/file_system.hpp"
#include "storage/log_files.hpp"

namespace ottla {

class replica_copy {
public:
  /// From one partition's directory into another, which is there and empty.
  replica_copy(file_system& disk, std::string from, std::string to)
      : disk_(disk), from_(std::move(from)), to_(std::move(to)) {}

  struct progress {
    int64_t size_bytes = 0;     ///< Of the segments copied so far.
    log_offset end_offset = 0;  ///< Every record below is copied.
    bool is_close = false;      ///< finish() has little left to do.
  };

  /// Copies and syncs a few MiB.
  outcome<progress> step();
  /// The log is closed: copies and syncs what is missing, so that both directories are equal.
  outcome<void> finish();

  [[nodiscard]] const std::string& from() const { return from_; }
  [[nodiscard]] const std::string& to() const { return to_; }

private:
  struct wanted_file {
    std::string name;
    log_offset base = 0;
    bool is_log = false;
    bool is_final = false;  ///< Nobody writes it any more.
  };

  outcome<void> begin_pass(bool is_last);
  outcome<bool> has_size(const std::string& name, int64_t bytes);
  outcome<void> keep_id();
  outcome<bool> copy_some(int64_t& budget_bytes);
  outcome<int64_t> copy_chunk(const file& source, file& target, int64_t length);
  outcome<void> end_file(file& target, int64_t length);
  void walk(const std::shared_ptr<file>& target);
  outcome<void> drop_extras();

  file_system& disk_;
  std::string from_;
  std::string to_;
  std::deque<wanted_file> todo_;
  int64_t position_ = 0;  // in the first of todo_
  int64_t written_in_pass_ = 0;
  std::map<std::string, int64_t> copied_;  // bytes in the target
  std::set<std::string> settled_;          // equal, and will stay so
  log_offset end_offset_ = 0;
  std::string walked_;  // the segment whose batches were counted last, up to walked_bytes_
  int64_t walked_bytes_ = 0;
};

}  // namespace ottla
