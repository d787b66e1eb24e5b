// A reply as it goes to the socket: pieces of memory and ranges of files, in order.
//
// A fetch answers with file ranges, so that record bytes go from the page cache to the socket by
// sendfile and never through the broker's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

/// An open file that a range can be sent from. Thread-safe; open as long as somebody holds it.
class readable_file {
public:
  virtual ~readable_file() = default;
  /// The descriptor for sendfile, or -1 where there is none (simulated disks): then read_at()
  /// serves.
  [[nodiscard]] virtual int descriptor() const = 0;
  /// Fills `into` from `position`; returns how many bytes there were, fewer only at the end of
  /// file.
  virtual outcome<size_t> read_at(std::span<std::byte> into, int64_t position) const = 0;
};

/// `length` bytes of `file` from `position`.
struct file_range {
  std::shared_ptr<const readable_file> file;
  int64_t position = 0;
  int64_t length = 0;

  friend bool operator==(const file_range&, const file_range&) = default;
};

using gather_piece = std::variant<shared_bytes, file_range>;
using gather_list = std::vector<gather_piece>;

/// The piece's length.
int64_t size_bytes(const gather_piece& piece);

/// Sum of the pieces' lengths.
int64_t size_bytes(const gather_list& pieces);

/// Copies everything into one buffer: for tests, simulated transports and small replies.
outcome<shared_bytes> flatten(const gather_list& pieces);

}  // namespace ottla
