#include "protocol/frame.hpp"

#include <string>

#include "protocol/endian.hpp"

namespace ottla {

outcome<std::optional<size_t>> frame_length(std::span<const std::byte> begin, size_t limit_bytes) {
  if (begin.size() < frame_prefix_bytes) return std::optional<size_t>{};
  auto length = load_big_endian<int32_t>(begin.data());
  if (length >= 0 && static_cast<size_t>(length) <= limit_bytes) {
    return std::optional<size_t>{static_cast<size_t>(length)};
  }
  return fault{error_code::invalid_request, "a frame announces " + std::to_string(length) +
                                                " bytes, allowed are 0 to " +
                                                std::to_string(limit_bytes)};
}

}  // namespace ottla
