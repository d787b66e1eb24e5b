#include "actors/group/java_string.hpp"

#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/utf8.hpp"

namespace ottla {

namespace {

constexpr char32_t replacement = 0xFFFD;

// Takes one character off the front of `text`; malformed bytes one at a time.
char32_t next_character(std::string_view& text) {
  const auto length = utf8_length(text);
  const auto first = static_cast<unsigned char>(text.front());
  auto character = length == 0 ? replacement : length == 1 ? first : first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    character = (character << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  text.remove_prefix(std::max<size_t>(1, length));
  return character;
}

// Calls visit(code unit) for each.
template <class Visitor>
void for_each_utf16(std::string_view text, Visitor&& visit) {
  while (!text.empty()) {
    auto character = next_character(text);
    if (character < 0x10000) {
      visit(static_cast<uint32_t>(character));
    } else {
      visit(static_cast<uint32_t>(0xD800 + ((character - 0x10000) >> 10)));
      visit(static_cast<uint32_t>(0xDC00 + ((character - 0x10000) & 0x3FF)));
    }
  }
}

}  // namespace

int32_t java_hash(std::string_view text) {
  uint32_t hash = 0;
  for_each_utf16(text, [&](uint32_t unit) { hash = 31 * hash + unit; });
  return static_cast<int32_t>(hash);
}

size_t java_length(std::string_view text) {
  size_t length = 0;
  for_each_utf16(text, [&](uint32_t) { ++length; });
  return length;
}

int32_t coordinator_partition(std::string_view key, int32_t partitions) {
  OTTLA_ASSERT(partitions > 0);
  // Kafka's Utils.abs: the one number without a positive counterpart counts as 0.
  const auto hash = java_hash(key);
  const int64_t positive = hash == INT32_MIN ? 0 : hash < 0 ? -int64_t{hash} : hash;
  return static_cast<int32_t>(positive % partitions);
}

}  // namespace ottla
