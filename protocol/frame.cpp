#include "protocol/frame.hpp"

#include <string>
#include <string_view>

#include "protocol/endian.hpp"

namespace ottla {
namespace {

/// What else than Kafka's protocol begins with these bytes; empty if nothing known does.
std::string_view other_protocol(std::span<const std::byte> begin) {
  const std::string_view text{reinterpret_cast<const char*>(begin.data()), frame_prefix_bytes};
  // Handshake, version 3.x: 16 03 0x.
  if (text.starts_with("\x16\x03")) return "TLS";
  for (std::string_view method : {"GET ", "HEAD", "POST", "PUT ", "OPTI", "DELE", "PATC", "CONN"}) {
    if (text == method) return "HTTP";
  }
  return text == "SSH-" ? "SSH" : "";
}

}  // namespace

outcome<std::optional<size_t>> frame_length(std::span<const std::byte> begin, size_t limit_bytes) {
  if (begin.size() < frame_prefix_bytes) return std::optional<size_t>{};
  auto length = load_big_endian<int32_t>(begin.data());
  if (length >= 0 && static_cast<size_t>(length) <= limit_bytes) {
    return std::optional<size_t>{static_cast<size_t>(length)};
  }
  if (const auto seen = other_protocol(begin); !seen.empty()) {
    return fault{error_code::invalid_request, "the client speaks " + std::string{seen} +
                                                  ", this listener Kafka's protocol without TLS"};
  }
  return fault{error_code::invalid_request, "a frame announces " + std::to_string(length) +
                                                " bytes, allowed are 0 to " +
                                                std::to_string(limit_bytes)};
}

}  // namespace ottla
