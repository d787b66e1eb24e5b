// Frames: an int32 length, then that many bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

inline constexpr size_t frame_prefix_bytes = 4;

/// The length that a frame's first four bytes announce; nothing while fewer are there.
/// INVALID_REQUEST if it is negative or above `limit_bytes`: nobody can find the next frame then.
outcome<std::optional<size_t>> frame_length(std::span<const std::byte> begin, size_t limit_bytes);

/// Cuts a stream of received buffers into frames.
///
/// A frame that lies within one buffer is a slice of it; one that spans several is copied together.
/// Its memory grows with the bytes that arrive, never by what the length announces. Not
/// thread-safe; one per connection, about 100 bytes while no frame is open.
class frame_splitter {
public:
  /// `limit_bytes`: the longest frame accepted (`socket.request.max.bytes`).
  explicit frame_splitter(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// Takes what was received next and appends every frame that it completes, without prefix, to
  /// `frames`. After a fault the stream is lost and the connection must be closed.
  outcome<void> feed(shared_bytes received, std::vector<shared_bytes>& frames);

  /// Bytes of an unfinished frame held here, prefix included.
  [[nodiscard]] size_t held_bytes() const { return prefix_filled_ + filled_; }
  /// Bytes still missing from the open frame; 0 if none is open or its length is not known yet.
  [[nodiscard]] size_t missing_bytes() const { return open_ ? length_ - filled_ : 0; }

private:
  outcome<void> open_frame(shared_bytes& received);
  void continue_frame(shared_bytes& received, std::vector<shared_bytes>& frames);
  void append(std::span<const std::byte> bytes);

  size_t limit_bytes_;
  std::byte prefix_[frame_prefix_bytes]{};
  size_t prefix_filled_ = 0;
  bool open_ = false;  // the prefix is complete, length_ holds
  size_t length_ = 0;  // announced
  size_t filled_ = 0;  // of it, in body_
  shared_bytes body_;  // capacity; the first filled_ bytes are in use
};

}  // namespace ottla
