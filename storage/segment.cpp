#include "storage/segment.hpp"

#include <algorithm>
#include <limits>

namespace ottla {
namespace {

std::string path_of(const std::string& directory, log_file_kind kind, log_offset base,
                    log_file_suffix suffix) {
  return log_file_path(directory, {kind, base, suffix});
}

}  // namespace

segment::segment(file_handles& handles, const std::string& directory, log_offset base,
                 log_file_suffix suffix)
    : base_(base),
      log_(handles, path_of(directory, log_file_kind::log, base, suffix)),
      offsets_(handles, path_of(directory, log_file_kind::offset_index, base, suffix), base),
      times_(handles, path_of(directory, log_file_kind::time_index, base, suffix), base) {}

outcome<void> segment::create(timestamp_ms now_ms) {
  auto opened = log_.get(true);
  if (!opened) return std::move(opened.error());
  created_ms_ = now_ms;
  return (*opened)->truncate(0);
}

outcome<bool> segment::load(timestamp_ms now_ms) {
  auto opened = log_.get();
  if (!opened) return std::move(opened.error());
  auto size = (*opened)->size();
  if (!size) return std::move(size.error());
  size_ = *size;
  created_ms_ = now_ms;
  max_timestamp_known_ = false;
  auto offsets_loaded = offsets_.load(size_);
  auto times_loaded = times_.load();
  for (const auto* loaded : {&offsets_loaded, &times_loaded}) {
    if (!*loaded && loaded->error().code != error_code::corrupt_message) return loaded->error();
  }
  return offsets_loaded && times_loaded;
}

bool segment::must_roll(int64_t bytes, log_offset last_offset, timestamp_ms max_timestamp,
                        timestamp_ms now_ms, const log_options& options) const {
  if (last_offset - base_ > std::numeric_limits<int32_t>::max()) return true;
  if (size_ == 0) return false;
  if (size_ > options.segment_bytes - bytes) return true;
  const auto index_bytes = static_cast<size_t>(options.segment_index_bytes);
  if (offsets_.count() >= index_bytes / offset_index::entry_bytes) return true;
  if (times_.count() + 1 >= index_bytes / time_index::entry_bytes) return true;
  const int64_t waited = first_timestamp_ >= 0 && max_timestamp >= 0
                             ? max_timestamp - first_timestamp_
                             : now_ms - created_ms_;
  // A compacted record must become cleanable within max.compaction.lag.ms.
  const int64_t segment_ms = options.cleanup_compact && options.max_compaction_lag_ms > 0
                                 ? std::min(options.segment_ms, options.max_compaction_lag_ms)
                                 : options.segment_ms;
  return waited > segment_ms - options.segment_jitter_ms;
}

outcome<void> segment::append(std::span<const std::byte> bytes,
                              std::span<const located_batch> batches,
                              int32_t index_interval_bytes) {
  auto opened = log_.get();
  if (!opened) return std::move(opened.error());
  OTTLA_TRY((*opened)->write_at(bytes, size_));
  const int64_t start = size_;
  for (located_batch batch : batches) {
    batch.position += start;
    note(batch, index_interval_bytes);
  }
  size_ += static_cast<int64_t>(bytes.size());
  if (!offsets_.bytes().tail_is_full()) return {};
  // The batch is in the log: a full disk may keep index entries in memory a while longer.
  auto written = write_indexes();
  if (!written && !is_passing(written.error())) return written;
  return {};
}

void segment::note(const located_batch& batch, int32_t index_interval_bytes) {
  newest_ = batch;
  if (batch.position == 0) first_timestamp_ = batch.header.max_timestamp;
  // A batch that compaction has emptied keeps its timestamp, but has no record of that time.
  if (batch.header.record_count > 0 && batch.header.max_timestamp > max_timestamp_.timestamp) {
    max_timestamp_ = {batch.header.max_timestamp, batch.last_offset()};
  }
  if (bytes_since_index_ > index_interval_bytes && can_index(batch.last_offset())) {
    offsets_.append({batch.last_offset(), batch.position});
    index_time();
    bytes_since_index_ = 0;
  }
  bytes_since_index_ += batch.length();
}

// Offsets fall, or leap, only where a log is damaged: no CRC covers them. Such places have no
// entries.
bool segment::can_index(log_offset offset) const {
  const auto last = offsets_.count() == 0 ? base_offset() - 1 : offsets_.last().offset;
  return offset > last && offset - base_offset() <= INT32_MAX;
}

void segment::index_time() {
  const auto at = max_timestamp_;
  if (at.offset >= times_.last().offset && at.offset - base_offset() <= INT32_MAX) {
    times_.append(at);
  }
}

outcome<void> segment::cut_back() {
  auto opened = log_.get();
  if (!opened) return std::move(opened.error());
  return (*opened)->truncate(size_);
}

outcome<void> segment::write_indexes() {
  // Times first: recovery walks from the last offset entry and needs the times up to there.
  OTTLA_TRY(times_.bytes().write_tail());
  return offsets_.bytes().write_tail();
}

outcome<void> segment::seal() {
  if (max_timestamp_.timestamp >= 0) index_time();
  return write_indexes();
}

outcome<void> segment::walk_from(int64_t position, int32_t index_interval_bytes,
                                 batch_check check) {
  bytes_since_index_ = 0;
  max_timestamp_ = times_.count() == 0 ? timestamp_offset{} : times_.last();
  auto scanner = scan(position, check);
  if (!scanner) return std::move(scanner.error());
  for (;;) {
    auto batch = scanner->next();
    if (!batch) return std::move(batch.error());
    if (!*batch) break;
    note(**batch, index_interval_bytes);
  }
  max_timestamp_known_ = true;
  return {};
}

outcome<void> segment::rebuild_indexes(int32_t index_interval_bytes) {
  OTTLA_TRY(offsets_.reset());
  OTTLA_TRY(times_.reset());
  OTTLA_TRY(walk_from(0, index_interval_bytes, batch_check::header));
  auto written = write_indexes();  // a full disk: they stay in memory a while longer
  return written || is_passing(written.error()) ? outcome<void>{} : written;
}

outcome<int64_t> segment::walk_tail(int32_t index_interval_bytes, batch_check check) {
  const int64_t from = offsets_.last().position;
  if (from != 0) {
    auto first = scan(0);
    if (!first) return std::move(first.error());
    auto batch = first->next();
    if (!batch) return std::move(batch.error());
    if (*batch) first_timestamp_ = (*batch)->header.max_timestamp;
  }
  OTTLA_TRY(walk_from(from, index_interval_bytes, check));
  return size_ - from;
}

outcome<void> segment::truncate(int64_t position, log_offset offset, int32_t index_interval_bytes) {
  auto opened = log_.get();
  if (!opened) return std::move(opened.error());
  OTTLA_TRY((*opened)->truncate(position));
  size_ = position;
  std::erase_if(holes_, [&](const byte_range& hole) { return hole.position >= position; });
  OTTLA_TRY(offsets_.truncate_to_position(position));
  OTTLA_TRY(times_.truncate_to_offset(offset));
  auto walked = walk_tail(index_interval_bytes, batch_check::header);
  if (!walked) return std::move(walked.error());
  return {};
}

outcome<batch_scanner> segment::scan(int64_t position, batch_check check) {
  auto opened = log_.get();
  if (!opened) return std::move(opened.error());
  batch_scanner scanner(std::shared_ptr<const readable_file>(*opened), position, size_, holes_,
                        check);
  scanner.expect_from(base_);
  return scanner;
}

outcome<batch_scanner> segment::scan_near(log_offset offset) {
  auto near = offsets_.lookup(offset);
  if (!near) return std::move(near.error());
  return scan(near->position);
}

outcome<std::optional<located_batch>> segment::find(log_offset offset) {
  // A consumer that keeps up asks for the batch that was just written: no need to read it again.
  if (newest_ && newest_->end() == size_ && offset >= newest_->base_offset() &&
      offset <= newest_->last_offset()) {
    return newest_;
  }
  auto scanner = scan_near(offset);
  if (!scanner) return std::move(scanner.error());
  for (;;) {
    auto batch = scanner->next();
    if (!batch || !*batch || (*batch)->last_offset() >= offset) return batch;
  }
}

outcome<segment::read_end> segment::end_of_read(const located_batch& start, log_offset bound,
                                                int64_t max_bytes, log_offset end_offset) {
  const int64_t limit =
      max_bytes > size_ - start.position ? size_ : start.position + std::max<int64_t>(max_bytes, 0);
  if (limit == size_ && bound >= end_offset && holes_.empty()) return read_end{size_, end_offset};
  auto by_bytes = offsets_.lookup_position(limit);
  if (!by_bytes) return std::move(by_bytes.error());
  auto by_bound = offsets_.lookup(bound - 1);
  if (!by_bound) return std::move(by_bound.error());
  // Batches before both entries lie below both limits; look closely only from there.
  auto scanner = scan(std::max(start.position, std::min(by_bytes->position, by_bound->position)));
  if (!scanner) return std::move(scanner.error());
  for (;;) {
    const int64_t position = scanner->position();
    auto batch = scanner->next();
    if (!batch) return std::move(batch.error());
    if (!*batch) return read_end{position, end_offset};
    if ((*batch)->position != position) return read_end{position, (*batch)->base_offset()};
    if ((*batch)->last_offset() >= bound || (*batch)->end() > limit) {
      return read_end{position, (*batch)->base_offset()};
    }
  }
}

outcome<timestamp_offset> segment::max_timestamp() {
  if (max_timestamp_known_) return max_timestamp_;
  timestamp_offset largest = times_.count() == 0 ? timestamp_offset{} : times_.last();
  auto scanner = scan_near(times_.last().offset);
  if (!scanner) return std::move(scanner.error());
  for (;;) {
    auto batch = scanner->next();
    if (!batch) return std::move(batch.error());
    if (!*batch) break;
    const auto& header = (*batch)->header;
    if (header.record_count == 0 || header.max_timestamp <= largest.timestamp) continue;
    largest = {(*batch)->header.max_timestamp, (*batch)->last_offset()};
  }
  max_timestamp_ = largest;
  max_timestamp_known_ = true;
  return largest;
}

void segment::was_sealed() {
  if (times_.count() == 0) return;
  max_timestamp_ = times_.last();
  max_timestamp_known_ = true;
}

std::vector<std::string> segment::index_paths() {
  return {offsets_.bytes().handle().path(), times_.bytes().handle().path()};
}

std::vector<std::string> segment::paths() {
  auto all = index_paths();
  all.insert(all.begin(), log_.path());
  return all;
}

outcome<std::vector<std::string>> segment::rename_files(const std::string& directory,
                                                        log_file_suffix suffix) {
  const auto rename = [&](cached_file& which, log_file_kind kind) {
    return which.rename(path_of(directory, kind, base_, suffix));
  };
  // The log comes last: where `.log.swap` is, its indexes are as well.
  OTTLA_TRY(rename(offsets_.bytes().handle(), log_file_kind::offset_index));
  OTTLA_TRY(rename(times_.bytes().handle(), log_file_kind::time_index));
  OTTLA_TRY(rename(log_, log_file_kind::log));
  return paths();
}

outcome<void> segment::rest() {
  OTTLA_TRY(write_indexes());
  log_.close();
  offsets_.bytes().close_file();
  times_.bytes().close_file();
  return {};
}

}  // namespace ottla
