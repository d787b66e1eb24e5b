// Bytes as text of 64 characters (RFC 4648), with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ottla {

std::string to_base64(std::string_view bytes);

/// Nothing unless `text` is what to_base64() makes of some bytes.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace ottla
