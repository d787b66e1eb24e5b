// How a partition_log gets its producer state back: the newest good snapshot and a replay.
#include <fmt/core.h>

#include <algorithm>

#include "storage/partition_log.hpp"
#include "storage/small_files.hpp"

namespace ottla {

outcome<void> partition_log::reload_producers(timestamp_ms now_ms) {
  auto entries = handles_.disk().list(directory_);
  if (!entries) return std::move(entries.error());
  std::vector<log_offset> snapshots;
  for (const auto& entry : *entries) {
    auto name = parse_log_file(entry.name);
    if (!name || name->kind != log_file_kind::snapshot) continue;
    if (name->suffix == log_file_suffix::none && name->base <= log_end_) {
      snapshots.push_back(name->base);
    }
  }
  std::sort(snapshots.rbegin(), snapshots.rend());
  producers_.clear();
  last_snapshot_ = -1;
  bytes_since_snapshot_ = 0;
  for (log_offset at : snapshots) {
    const auto path =
        log_file_path(directory_, {log_file_kind::snapshot, at, log_file_suffix::none});
    auto bytes = read_file(handles_.disk(), path);
    if (!bytes && bytes.error().code == error_code::kafka_storage_error) {
      return std::move(bytes.error());
    }
    // Behind a gap of deleted segments a snapshot is too old to go on from.
    const bool reaches_log = at >= segments_.front()->base_offset();
    if (reaches_log && bytes && producers_.decode_snapshot(as_byte_span(*bytes), now_ms)) {
      last_snapshot_ = at;
      break;
    }
    producers_.clear();
    report_.notes.push_back(fmt::format("producer snapshot {} is bad or too old", at));
    OTTLA_TRY(handles_.disk().remove_file(path));
  }
  OTTLA_TRY(replay_producers(std::max(last_snapshot_, segments_.front()->base_offset())));
  producers_.expire(now_ms);
  return {};
}

outcome<void> partition_log::replay_producers(log_offset from) {
  if (from >= log_end_) return {};
  report_.producers_replayed = true;
  for (size_t i = segment_index_of(from); i < segments_.size(); ++i) {
    auto replayed = replay_segment(*segments_[i], from);
    if (replayed) continue;
    if (batch_scanner::is_disk_fault(replayed.error())) return replayed;
    report_.notes.push_back(fmt::format("producers of segment {} are known in part only: {}",
                                        segments_[i]->base_offset(), replayed.error().message));
  }
  return {};
}

outcome<void> partition_log::replay_segment(segment& where, log_offset from) {
  auto scanner = where.scan_near(from);
  if (!scanner) return std::move(scanner.error());
  for (;;) {
    auto batch = scanner->next();
    if (!batch) return std::move(batch.error());
    if (!*batch) return {};
    if ((*batch)->base_offset() < from) continue;
    bytes_since_snapshot_ += (*batch)->length();
    if (!(*batch)->header.has_producer()) continue;
    std::span<const std::byte> whole;
    if ((*batch)->header.is_control()) {
      auto bytes = scanner->bytes_of(**batch);
      if (!bytes) return std::move(bytes.error());
      whole = *bytes;
    }
    OTTLA_TRY(note_producer(**batch, whole));
  }
}

}  // namespace ottla
