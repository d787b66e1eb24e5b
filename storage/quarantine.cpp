#include "storage/quarantine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "storage/partition_log.hpp"
#include "storage/small_files.hpp"
#include "storage/text_lines.hpp"

namespace ottla {
namespace {

constexpr std::string_view kind = "quarantine";
constexpr int current_version = 1;

}  // namespace

std::string encode_quarantine(const std::vector<quarantined_range>& ranges) {
  std::string body;
  for (const auto& range : ranges) {
    fmt::format_to(std::back_inserter(body), "{} {} {} {} {}\n", range.segment_base, range.position,
                   range.length, range.first, range.next);
  }
  return seal_text(kind, current_version, body);
}

outcome<std::vector<quarantined_range>> decode_quarantine(std::string_view text) {
  auto body = unseal_text(kind, current_version, text);
  if (!body) return std::move(body.error());
  std::vector<quarantined_range> ranges;
  text_lines lines(*body);
  while (auto line = lines.next()) {
    quarantined_range range;
    for (int64_t* field :
         {&range.segment_base, &range.position, &range.length, &range.first, &range.next}) {
      auto value = parse_number<int64_t>(take_word(*line));
      if (!value || *value < 0) {
        return fault{error_code::corrupt_message, "bad line in a quarantine file"};
      }
      *field = *value;
    }
    ranges.push_back(range);
  }
  return ranges;
}

std::vector<byte_range> holes_of(const std::vector<quarantined_range>& ranges, log_offset base) {
  std::vector<byte_range> holes;
  for (const auto& range : ranges) {
    if (range.segment_base == base) holes.push_back({range.position, range.length});
  }
  return holes;
}

outcome<void> partition_log::add_quarantine(segment& where, const quarantined_range& range) {
  auto& all = report_.quarantined;
  const auto by_offset = [](const auto& a, const auto& b) { return a.first < b.first; };
  all.insert(std::upper_bound(all.begin(), all.end(), range, by_offset), range);
  where.set_holes(holes_of(all, range.segment_base));
  return save_quarantine();
}

outcome<bool> partition_log::quarantine(const quarantined_range& range) {
  auto& where = *segments_[segment_index_of(range.segment_base)];
  if (where.base_offset() != range.segment_base) return false;
  if (range.position + range.length > where.size_bytes()) return false;
  for (const auto& known : where.holes()) {
    if (range.position < known.position + known.length &&
        known.position < range.position + range.length) {
      return false;
    }
  }
  auto scanner = where.scan(range.position, batch_check::crc);
  if (!scanner) return std::move(scanner.error());
  scanner->expect_from(range.first);
  auto batch = scanner->next();
  if (!batch && batch_scanner::is_disk_fault(batch.error())) return std::move(batch.error());
  if (batch && (!*batch || (*batch)->last_offset() < range.next)) return false;
  OTTLA_TRY(add_quarantine(where, range));
  return true;
}

outcome<void> partition_log::save_quarantine() {
  auto& disk = handles_.disk();
  const std::string path = inside(quarantine_name);
  if (!report_.quarantined.empty()) {
    return write_file(disk, path, encode_quarantine(report_.quarantined), sync_time::now);
  }
  auto removed = remove_if_there(disk, path);
  return removed ? outcome<void>{} : std::move(removed.error());
}

}  // namespace ottla
