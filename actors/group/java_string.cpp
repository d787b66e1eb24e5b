#include "actors/group/java_string.hpp"

#include "protocol/assert.hpp"

namespace ottla {

namespace {

constexpr char32_t replacement = 0xFFFD;

// Takes one character off the front of `text`; malformed bytes one at a time.
char32_t next_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first > 0xF4 || text.size() < static_cast<size_t>(more)) return replacement;
  auto character = static_cast<char32_t>(first & (0x3F >> more));
  for (int i = 0; i < more; ++i) {
    const auto byte = static_cast<unsigned char>(text[static_cast<size_t>(i)]);
    if ((byte & 0xC0) != 0x80) return replacement;
    character = (character << 6) | (byte & 0x3F);
  }
  constexpr char32_t smallest[] = {0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < smallest[more - 1] || character > 0x10FFFF || surrogate) return replacement;
  text.remove_prefix(static_cast<size_t>(more));
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
