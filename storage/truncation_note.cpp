#include "storage/truncation_note.hpp"

#include <fmt/format.h>

#include "storage/small_files.hpp"
#include "storage/text_lines.hpp"

namespace ottla {
namespace {

constexpr std::string_view kind = "truncation";
constexpr int current_version = 1;

}  // namespace

std::string encode_truncation(const truncation_note& note) {
  return seal_text(kind, current_version, fmt::format("{} {}\n", note.cut_to, note.synced_before));
}

outcome<truncation_note> decode_truncation(std::string_view text) {
  auto body = unseal_text(kind, current_version, text);
  if (!body) return std::move(body.error());
  text_lines lines(*body);
  auto line = lines.next().value_or(std::string_view{});
  auto cut_to = parse_number<int64_t>(take_word(line));
  auto synced_before = parse_number<int64_t>(take_word(line));
  if (!cut_to || !synced_before || *cut_to < 0 || *synced_before < *cut_to) {
    return fault{error_code::corrupt_message, "bad line in a truncation file"};
  }
  return truncation_note{*cut_to, *synced_before};
}

}  // namespace ottla
