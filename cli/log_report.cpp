#include "cli/log_report.hpp"

#include <fmt/format.h>

#include "protocol/record_batch.hpp"
#include "storage/file_handles.hpp"
#include "storage/log_files.hpp"
#include "storage/offset_index.hpp"
#include "storage/segment_scrub.hpp"
#include "storage/time_index.hpp"

namespace ottla {
namespace {

bool is_segment(std::string_view path) {
  auto name = parse_log_file(path.substr(path.rfind('/') + 1));
  return name && name->kind == log_file_kind::log;
}

/// A right checksum, and records that can be walked, inflated if need be.
outcome<void> check_records(std::span<const std::byte> bytes, std::vector<std::byte>& scratch) {
  auto view = record_batch_view::parse(bytes);
  if (!view) return std::move(view.error());
  if (!view->crc_valid()) return fault{error_code::corrupt_message, "wrong checksum"};
  return for_each_record(*view, scratch, [](const record_view&) {});
}

std::string describe(const damaged_bytes& damage) {
  return fmt::format("{}; bytes {} to {} hold no batch, offsets from {} {} are lost", damage.why,
                     damage.where.position, damage.where.position + damage.where.length - 1,
                     damage.first, damage.next ? fmt::format("to {}", *damage.next - 1) : "on");
}

/// The indexes of a segment may be missing: a broker rebuilds them.
void check_indexes(file_system& disk, const std::string& segment, log_offset base, int64_t bytes,
                   std::vector<std::string>& problems) {
  file_handles handles(disk, 4);
  std::string stem = segment.substr(0, segment.size() - std::string_view(".log").size());
  auto note = [&](const char* suffix, const outcome<void>& result) {
    if (!result) problems.push_back(fmt::format("{}: {}", suffix, result.error().message));
    return static_cast<bool>(result);
  };
  offset_index offsets(handles, stem + ".index", base);
  if (note(".index", offsets.load(bytes)) && !offsets.missing()) {
    note(".index", offsets.check_all(bytes));
  }
  time_index times(handles, stem + ".timeindex", base);
  if (note(".timeindex", times.load()) && !times.missing()) note(".timeindex", times.check_all());
}

}  // namespace

outcome<std::vector<std::string>> find_segments(file_system& disk, const std::string& path) {
  if (is_segment(path)) return std::vector<std::string>{path};
  auto entries = disk.list(path);
  if (!entries) return std::move(entries.error());
  std::vector<std::string> segments;
  for (const auto& entry : *entries) {
    std::string below = join_path(path, entry.name);
    if (!entry.is_directory && is_segment(below)) segments.push_back(below);
    if (!entry.is_directory || !parse_partition_directory(entry.name)) continue;
    auto more = find_segments(disk, below);
    if (!more) return more;
    segments.insert(segments.end(), more->begin(), more->end());
  }
  return segments;
}

outcome<void> for_each_batch(
    file_system& disk, const std::string& segment,
    const std::function<bool(const located_batch&, std::span<const std::byte>)>& visit) {
  auto opened = disk.open(segment, open_mode::read_only);
  if (!opened) return std::move(opened.error());
  auto size = (*opened)->size();
  if (!size) return std::move(size.error());
  batch_scanner scanner(*opened, 0, *size);
  for (;;) {
    auto batch = scanner.next();
    if (!batch) return std::move(batch.error());
    if (!*batch) return {};
    auto bytes = scanner.bytes_of(**batch);
    if (!bytes) return std::move(bytes.error());
    if (!visit(**batch, *bytes)) return {};
  }
}

outcome<segment_report> verify_segment(file_system& disk, const std::string& segment) {
  segment_report report{.path = segment};
  auto name = parse_log_file(segment.substr(segment.rfind('/') + 1));
  auto opened = disk.open(segment, open_mode::read_only);
  if (!opened) return std::move(opened.error());
  auto size = (*opened)->size();
  if (!size) return std::move(size.error());
  const log_offset base = name ? name->base : 0;
  segment_scrub scrub(*opened, base, segment_end_limit(base), *size);
  std::vector<std::byte> scratch;
  for (;;) {
    auto found = scrub.next();
    if (!found) return std::move(found.error());
    if (!*found) break;
    if (auto* damage = std::get_if<damaged_bytes>(&**found)) {
      report.problems.push_back(describe(*damage));
      continue;
    }
    const auto& batch = std::get<located_batch>(**found);
    ++report.batches;
    report.records += batch.header.record_count;
    if (report.first_offset < 0) report.first_offset = batch.base_offset();
    report.last_offset = batch.last_offset();
    auto bytes = scrub.bytes_of(batch);
    if (!bytes) return std::move(bytes.error());
    if (auto good = check_records(*bytes, scratch); !good) {
      report.problems.push_back(
          fmt::format("batch at position {}: {}", batch.position, good.error().message));
    }
  }
  if (name) check_indexes(disk, segment, name->base, *size, report.problems);
  report.bytes = *size;
  return report;
}

}  // namespace ottla
