// Which bytes are UTF-8. Kafka's strings are, but what comes from outside may hold anything.
#pragma once

#include <string>
#include <string_view>

namespace ottla {

/// Bytes of the UTF-8 character that `text`, which is not empty, begins with; 0 if it begins with
/// none.
size_t utf8_length(std::string_view text);

/// Whether all of it is UTF-8.
bool is_utf8(std::string_view bytes);

/// `text` with a question mark for each byte that belongs to no UTF-8 character. Its length stays.
std::string as_utf8(std::string_view text);

/// The longest beginning of `text` that has at most `bytes_max` bytes and ends between characters.
std::string_view utf8_prefix(std::string_view text, size_t bytes_max);

}  // namespace ottla
