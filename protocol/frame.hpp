// Frames: an int32 length, then that many bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "protocol/outcome.hpp"

namespace ottla {

inline constexpr size_t frame_prefix_bytes = 4;

/// The length that a frame's first four bytes announce; nothing while fewer are there.
/// INVALID_REQUEST if it is negative or above `limit_bytes`: nobody can find the next frame then.
outcome<std::optional<size_t>> frame_length(std::span<const std::byte> begin, size_t limit_bytes);

}  // namespace ottla
