// A file of sorted entries of one fixed size: what offset index and time index have in common.
//
// Entries are looked up on disk by binary search; only the newest ones, not yet written, are in
// memory. They reach the file a page at a time: after a crash recovery appends what is missing.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "storage/file_handles.hpp"

namespace ottla {

class index_file {
public:
  index_file(file_handles& handles, std::string path, size_t entry_bytes)
      : file_(handles, std::move(path)), entry_bytes_(entry_bytes) {}

  /// Learns the number of entries. Fault corrupt_message if the length is not a multiple of an
  /// entry; a missing file is empty and `missing()`.
  outcome<void> load();
  [[nodiscard]] bool missing() const { return missing_; }
  [[nodiscard]] size_t count() const { return written_ + tail_.size() / entry_bytes_; }
  /// Bytes the file will have.
  [[nodiscard]] size_t size_bytes() const { return count() * entry_bytes_; }

  /// Adds an entry behind all others, in memory.
  void append(std::span<const std::byte> entry);
  /// Whether a page of entries waits for write_tail().
  [[nodiscard]] bool tail_is_full() const { return tail_.size() >= page_entries * entry_bytes_; }
  /// Entry `i`, which must exist, into `entry`.
  outcome<void> read(size_t i, std::span<std::byte> entry) const;
  /// How many leading entries satisfy `is_before(entry)`, which must be true for a prefix.
  template <class Predicate>
  outcome<size_t> partition_point(Predicate is_before) const;

  /// Keeps the first `count` entries.
  outcome<void> truncate(size_t count);
  /// Drops all entries, also those of a damaged file.
  outcome<void> reset();
  /// Writes the entries in memory; creates the file if there is none.
  outcome<void> write_tail();
  void close_file() { file_.close(); }
  [[nodiscard]] cached_file& handle() { return file_; }

private:
  static constexpr size_t page_entries = 512;

  mutable cached_file file_;
  size_t entry_bytes_;
  size_t written_ = 0;
  bool missing_ = true;
  std::vector<std::byte> tail_;
};

template <class Predicate>
outcome<size_t> index_file::partition_point(Predicate is_before) const {
  std::byte entry[16];
  const std::span<std::byte> view{entry, entry_bytes_};
  size_t low = 0;
  size_t high = count();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    OTTLA_TRY(read(middle, view));
    if (is_before(std::span<const std::byte>{view})) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace ottla
