// Walks the batches of a segment's file, by header alone or checking every CRC.
//
// Trusts nothing it reads: lengths are held against the file before anything is allocated. Jumps
// over quarantined bytes. Not thread-safe; holds the file open.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "protocol/gather_list.hpp"
#include "protocol/record_batch.hpp"

namespace ottla {

/// A batch where it lies in a segment.
struct located_batch {
  int64_t position = 0;
  record_batch_header header;

  [[nodiscard]] int64_t length() const { return static_cast<int64_t>(header.size_bytes()); }
  [[nodiscard]] int64_t end() const { return position + length(); }
  [[nodiscard]] log_offset base_offset() const { return header.base_offset; }
  [[nodiscard]] log_offset last_offset() const { return header.last_offset(); }
};

/// Bytes of a file that hold no readable batch.
struct byte_range {
  int64_t position = 0;
  int64_t length = 0;

  friend bool operator==(const byte_range&, const byte_range&) = default;
};

enum class batch_check : uint8_t { header, crc };

class batch_scanner {
public:
  /// Walks [position, end) of `source`. `position` is the edge of a batch.
  batch_scanner(std::shared_ptr<const readable_file> source, int64_t position, int64_t end,
                std::span<const byte_range> holes = {}, batch_check check = batch_check::header);

  /// The next batch; nothing at the end. Fault corrupt_message, with position() at the bad batch:
  /// cut short, no header, offsets that do not rise, or a wrong CRC.
  outcome<std::optional<located_batch>> next();
  /// Whether the last fault was of the disk and not of the bytes.
  [[nodiscard]] static bool is_disk_fault(const fault& why) {
    return why.code != error_code::corrupt_message;
  }
  /// Where next() looks.
  [[nodiscard]] int64_t position() const { return position_; }
  void seek(int64_t position) { position_ = position; }
  /// From now on every batch must begin at or above `offset`.
  void expect_from(log_offset offset) { next_offset_ = offset; }
  void set_check(batch_check check) { check_ = check; }
  /// All bytes of `batch`, valid until the next call.
  outcome<std::span<const std::byte>> bytes_of(const located_batch& batch);

private:
  outcome<std::span<const std::byte>> view(int64_t position, int64_t length, int64_t window);
  [[nodiscard]] fault bad(const char* why) const;

  std::shared_ptr<const readable_file> source_;
  int64_t position_;
  int64_t end_;
  std::vector<byte_range> holes_;
  batch_check check_;
  log_offset next_offset_ = 0;
  int64_t last_length_ = 0;
  std::vector<std::byte> buffer_;
  int64_t buffer_position_ = 0;
  size_t buffered_ = 0;
};

}  // namespace ottla
