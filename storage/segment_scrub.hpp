// Checks every batch of a segment by its CRC and goes on behind damage: what the background
// scrubber and `ottla log verify` have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "storage/batch_scanner.hpp"

namespace ottla {

/// Bytes of a segment without a readable batch.
struct damaged_bytes {
  byte_range where;
  log_offset first = 0;  ///< The first offset that may be lost.
  /// The first that is there again; nothing if no batch follows.
  std::optional<log_offset> next;
  std::string why;
};

class segment_scrub {
public:
  /// Reads `source`, whose offsets are in [first, limit), up to `end` bytes; jumps over `holes`.
  segment_scrub(std::shared_ptr<const readable_file> source, log_offset first, log_offset limit,
                int64_t end, std::span<const byte_range> holes = {});

  /// A good batch or a damaged place.
  using finding = std::variant<located_batch, damaged_bytes>;
  /// The next one; nothing at the end. A batch may show as damaged after it was returned as good:
  /// its offset, which no CRC covers, is known to be wrong only by the next one. Fault: the disk
  /// cannot be read.
  outcome<std::optional<finding>> next();
  /// All bytes of a batch that next() has just returned.
  outcome<std::span<const std::byte>> bytes_of(const located_batch& batch) {
    return scanner_.bytes_of(batch);
  }
  /// How far it has come.
  [[nodiscard]] int64_t position() const { return scanner_.position(); }

private:
  outcome<std::optional<finding>> bad_at(int64_t position, std::string why);
  outcome<std::optional<located_batch>> contradicts_previous(int64_t position);

  std::shared_ptr<const readable_file> source_;
  log_offset limit_;
  int64_t end_;
  batch_scanner scanner_;
  log_offset expected_;
  std::optional<located_batch> previous_;
  log_offset expected_before_ = 0;  // of the previous batch
};

}  // namespace ottla
