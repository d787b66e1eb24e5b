#include "storage/checkpoints.hpp"

#include <fmt/format.h>

#include "storage/small_files.hpp"
#include "storage/text_lines.hpp"

namespace ottla {
namespace {

fault malformed(std::string_view what, std::string_view line) {
  return {error_code::corrupt_message, fmt::format("bad {}: '{}'", what, line.substr(0, 80))};
}

}  // namespace

std::string encode_offset_checkpoint(const offset_checkpoint& offsets) {
  std::string text = fmt::format("0\n{}\n", offsets.size());
  for (const auto& [which, offset] : offsets) {
    fmt::format_to(std::back_inserter(text), "{} {} {}\n", which.topic, which.partition, offset);
  }
  return text;
}

outcome<offset_checkpoint> decode_offset_checkpoint(std::string_view text) {
  if (text.empty()) return offset_checkpoint{};  // as Kafka leaves one it has never written
  text_lines lines(text);
  if (lines.next() != "0") return malformed("offset checkpoint", "version");
  auto count = parse_number<uint32_t>(lines.next().value_or(""));
  if (!count) return malformed("offset checkpoint", "number of entries");
  offset_checkpoint offsets;
  while (auto line = lines.next()) {
    std::string_view rest = *line;
    const std::string_view topic = take_word(rest);
    auto partition = parse_number<partition_index>(take_word(rest));
    auto offset = parse_number<log_offset>(rest);
    if (topic.empty() || !partition || *partition < 0 || !offset) {
      return malformed("offset checkpoint", *line);
    }
    offsets[{std::string(topic), *partition}] = *offset;
  }
  if (offsets.size() != *count) return malformed("offset checkpoint", "number of entries");
  return offsets;
}

outcome<offset_checkpoint> load_offset_checkpoint(file_system& disk, const std::string& path) {
  auto text = read_file(disk, path);
  if (!text && text.error().code == error_code::resource_not_found) return offset_checkpoint{};
  if (!text) return std::move(text.error());
  return decode_offset_checkpoint(*text);
}

outcome<void> save_offset_checkpoint(file_system& disk, const std::string& path,
                                     const offset_checkpoint& offsets) {
  return write_file(disk, path, encode_offset_checkpoint(offsets), sync_time::now);
}

std::string encode_partition_metadata(const uuid& topic_id) {
  return fmt::format("version: 0\ntopic_id: {}\n", topic_id.to_string());
}

outcome<uuid> decode_partition_metadata(std::string_view text) {
  constexpr std::string_view id_key = "topic_id: ";
  text_lines lines(text);
  if (lines.next() != "version: 0") return malformed("partition.metadata", "version");
  const std::string_view line = lines.next().value_or("");
  if (!line.starts_with(id_key)) return malformed("partition.metadata", line);
  auto id = uuid::parse(line.substr(id_key.size()));
  if (!id || id->is_zero()) return malformed("partition.metadata", line);
  return *id;
}

}  // namespace ottla
