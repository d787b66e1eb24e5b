// The sparse index from timestamps to offsets of one segment: Kafka's `.timeindex`, byte for byte.
//
//   entry: largest timestamp so far (int64) | offset - base of its batch's last record (int32)
//
// Timestamps rise strictly, offsets rise.
#pragma once

#include "protocol/types.hpp"
#include "storage/index_file.hpp"

namespace ottla {

struct timestamp_offset {
  timestamp_ms timestamp = no_timestamp;
  log_offset offset = -1;

  friend bool operator==(const timestamp_offset&, const timestamp_offset&) = default;
};

class time_index {
public:
  static constexpr size_t entry_bytes = 12;

  time_index(file_handles& handles, std::string path, log_offset base)
      : file_(handles, std::move(path), entry_bytes), base_(base) {}

  /// Reads the length and the last entry. Fault corrupt_message if they cannot be right.
  outcome<void> load();
  /// Ignored unless the timestamp is above the last one.
  void append(const timestamp_offset& at);
  /// The last entry at or below `timestamp`; {-1, base} if there is none.
  outcome<timestamp_offset> lookup(timestamp_ms timestamp) const;
  /// The last entry; {-1, base} in an empty index.
  [[nodiscard]] timestamp_offset last() const { return last_; }

  /// Drops entries for offsets at or above `offset`.
  outcome<void> truncate_to_offset(log_offset offset);
  /// Drops all entries, also those of a damaged file.
  outcome<void> reset();
  /// Checks that all entries rise.
  outcome<void> check_all() const;
  [[nodiscard]] size_t count() const { return file_.count(); }
  [[nodiscard]] bool missing() const { return file_.missing(); }
  [[nodiscard]] index_file& bytes() { return file_; }

private:
  [[nodiscard]] timestamp_offset decode(std::span<const std::byte> entry) const;
  outcome<void> reload_last();
  outcome<timestamp_offset> entry_before(size_t count) const;

  index_file file_;
  log_offset base_;
  timestamp_offset last_{no_timestamp, base_};
};

}  // namespace ottla
