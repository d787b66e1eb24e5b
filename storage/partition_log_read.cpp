// Reading a partition_log: ranges of batches, offsets by time, ends of epochs.
#include <fmt/core.h>

#include <algorithm>

#include "storage/partition_log.hpp"

namespace ottla {

const quarantined_range* partition_log::quarantine_at_or_after(log_offset offset) const {
  for (const auto& range : report_.quarantined) {
    if (range.next > offset) return &range;
  }
  return nullptr;
}

outcome<log_slice> partition_log::read(log_offset from, const read_limits& limits) {
  if (from < log_start_ || from > log_end_) {
    return fault{error_code::offset_out_of_range,
                 fmt::format("offset {} is not in [{}, {}]", from, log_start_, log_end_)};
  }
  ++stats_.reads;
  log_offset bound = std::min(limits.upper_bound, log_end_);
  if (const auto* bad = quarantine_at_or_after(from)) {
    if (bad->first <= from) {
      return fault{error_code::corrupt_message,
                   fmt::format("offsets {} to {} are damaged on disk", bad->first, bad->next - 1)};
    }
    bound = std::min(bound, bad->first);
  }
  const log_slice nothing{{}, from, from, true};
  if (from >= bound) return nothing;
  for (size_t i = segment_index_of(from); i < segments_.size(); ++i) {
    segment& where = *segments_[i];
    auto start = where.find(from);
    if (!start) return std::move(start.error());
    if (!*start) continue;  // compaction left no batch here
    const located_batch& first = **start;
    if (first.last_offset() >= bound) return nothing;
    auto end = where.end_of_read(first, bound, limits.max_bytes, end_of_segment(i));
    if (!end) return std::move(end.error());
    if (end->position <= first.position) {
      if (!limits.at_least_one_batch) return log_slice{{}, from, from, false};
      end->position = first.end();
      end->next_offset = first.last_offset() + 1;
    }
    auto opened = where.open_file();
    if (!opened) return std::move(opened.error());
    stats_.bytes_read += static_cast<uint64_t>(end->position - first.position);
    return log_slice{{*opened, first.position, end->position - first.position},
                     first.base_offset(),
                     std::min(end->next_offset, bound),
                     end->next_offset >= bound};
  }
  return nothing;
}

outcome<timestamp_and_offset> partition_log::first_record_at(segment& where,
                                                             timestamp_ms timestamp) {
  auto near = where.times().lookup(timestamp);
  if (!near) return std::move(near.error());
  // All batches before the one that the entry names have smaller timestamps than the entry.
  auto scanner = where.scan_near(near->offset);
  if (!scanner) return std::move(scanner.error());
  std::vector<std::byte> scratch;
  for (;;) {
    auto batch = scanner->next();
    if (!batch) return std::move(batch.error());
    if (!*batch) return timestamp_and_offset{};
    if ((*batch)->header.max_timestamp < timestamp || (*batch)->last_offset() < log_start_)
      continue;
    auto bytes = scanner->bytes_of(**batch);
    if (!bytes) return std::move(bytes.error());
    auto view = record_batch_view::parse(*bytes);
    if (!view) return std::move(view.error());
    timestamp_and_offset found;
    OTTLA_TRY(for_each_record(*view, scratch, [&](const record_view& record) {
      if (found.offset >= 0 || record.timestamp < timestamp || record.offset < log_start_) return;
      found = {record.timestamp, record.offset};
    }));
    if (found.offset >= 0) return found;
  }
}

outcome<timestamp_and_offset> partition_log::offset_for_timestamp(timestamp_ms timestamp) {
  for (size_t i = segment_index_of(log_start_); i < segments_.size(); ++i) {
    auto largest = segments_[i]->max_timestamp();
    if (!largest) return std::move(largest.error());
    if (largest->offset < 0 || largest->timestamp < timestamp) continue;
    auto found = first_record_at(*segments_[i], timestamp);
    if (!found || found->offset >= 0) return found;
  }
  return timestamp_and_offset{};
}

outcome<timestamp_offset> partition_log::newest_batch(segment& where) {
  auto largest = where.max_timestamp();
  if (!largest || largest->offset >= log_start_) return largest;
  // The newest batch lies below the log start: look at those above it.
  auto scanner = where.scan_near(log_start_);
  if (!scanner) return std::move(scanner.error());
  timestamp_offset newest;
  for (;;) {
    auto batch = scanner->next();
    if (!batch) return std::move(batch.error());
    if (!*batch) return newest;
    const auto time = (*batch)->header.max_timestamp;
    if ((*batch)->last_offset() < log_start_ || time <= newest.timestamp) continue;
    if ((*batch)->header.record_count == 0) continue;
    newest = {time, (*batch)->last_offset()};
  }
}

outcome<timestamp_and_offset> partition_log::offset_of_max_timestamp() {
  timestamp_offset newest;
  segment* holder = nullptr;
  for (size_t i = segment_index_of(log_start_); i < segments_.size(); ++i) {
    auto largest = newest_batch(*segments_[i]);
    if (!largest) return std::move(largest.error());
    if (largest->timestamp <= newest.timestamp) continue;
    newest = *largest;
    holder = segments_[i].get();
  }
  if (holder == nullptr) return timestamp_and_offset{};
  return first_record_at(*holder, newest.timestamp);
}

epoch_and_end partition_log::epoch_end_offset(leader_epoch epoch) const {
  auto found = epochs_.end_of(epoch, log_end_);
  if (!found) return {};
  return {found->first, found->second};
}

void partition_log::begin_epoch(leader_epoch epoch) {
  if (epoch > epochs_.latest()) epochs_.assign(epoch, log_end_);
}

log_offset partition_log::parting_offset(const epoch_and_end& theirs) const {
  const auto ours = epoch_end_offset(theirs.epoch);
  // Without an epoch in common, all of this log is of epochs that the other has not.
  if (theirs.epoch < 0 || ours.epoch < 0) return log_start_;
  return std::clamp(std::min(theirs.end_offset, ours.end_offset), log_start_, log_end_);
}

leader_epoch partition_log::epoch_of(log_offset offset) const {
  return epochs_.epoch_of(offset);
}

}  // namespace ottla
