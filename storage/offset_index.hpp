// The sparse index from offsets to positions of one segment: Kafka's `.index`, byte for byte.
//
//   entry: offset - base (int32) | position (int32), big endian, both rising
//
// An entry names the last offset of the batch at its position.
#pragma once

#include "protocol/types.hpp"
#include "storage/index_file.hpp"

namespace ottla {

struct offset_position {
  log_offset offset = 0;
  int64_t position = 0;

  friend bool operator==(const offset_position&, const offset_position&) = default;
};

class offset_index {
public:
  static constexpr size_t entry_bytes = 8;

  offset_index(file_handles& handles, std::string path, log_offset base)
      : file_(handles, std::move(path), entry_bytes), base_(base) {}

  /// Reads the length and the last entry. Fault corrupt_message if they cannot be right for a
  /// segment of `log_bytes` bytes.
  outcome<void> load(int64_t log_bytes);
  /// `at` must lie behind the last entry in both offset and position.
  void append(const offset_position& at);
  /// The last entry at or below `offset`; {base, 0} if there is none.
  outcome<offset_position> lookup(log_offset offset) const;
  /// The last entry with a position at or below `position`; {base, 0} if there is none.
  outcome<offset_position> lookup_position(int64_t position) const;
  /// The last entry; {base, 0} in an empty index.
  [[nodiscard]] offset_position last() const { return last_; }

  /// Drops entries at or behind `position`.
  outcome<void> truncate_to_position(int64_t position);
  /// Drops all entries, also those of a damaged file.
  outcome<void> reset();
  /// Checks that all entries rise and lie inside `log_bytes` bytes.
  outcome<void> check_all(int64_t log_bytes) const;
  [[nodiscard]] size_t count() const { return file_.count(); }
  [[nodiscard]] bool missing() const { return file_.missing(); }
  [[nodiscard]] index_file& bytes() { return file_; }

private:
  [[nodiscard]] offset_position decode(std::span<const std::byte> entry) const;
  outcome<void> reload_last();
  outcome<offset_position> entry_before(size_t count) const;
  outcome<offset_position> start_before(size_t count) const;

  index_file file_;
  log_offset base_;
  offset_position last_{base_, 0};
};

}  // namespace ottla
