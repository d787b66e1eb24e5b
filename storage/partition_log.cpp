#include "storage/partition_log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "protocol/record_batch_builder.hpp"
#include "storage/small_files.hpp"

namespace ottla {
namespace {

producer_batch producer_fields(const record_batch_header& header) {
  return {header.producer_id,     header.producer_epoch,    header.base_sequence,
          header.last_sequence(), header.base_offset,       header.last_offset(),
          header.max_timestamp,   header.is_transactional()};
}

batch_rejection rejection(fault why) {
  return {why.code, std::move(why.message), {}};
}

}  // namespace

partition_log::partition_log(file_handles& handles, std::string directory,
                             const log_options& options)
    : handles_(handles),
      directory_(std::move(directory)),
      options_(options),
      producers_(options.producer_id_expiration_ms) {}

partition_log::~partition_log() = default;

std::string partition_log::inside(std::string_view name) const {
  return join_path(directory_, name);
}

append_answer partition_log::reject(fault why) const {
  return rejection(std::move(why));
}

validation_rules partition_log::rules_for(const append_terms& terms) const {
  validation_rules rules = options_.validation;
  rules.partition_name = std::string_view(directory_).substr(directory_.rfind('/') + 1);
  rules.compacted = options_.cleanup_compact;
  rules.segment_bytes = options_.segment_bytes;
  rules.origin = terms.origin;
  rules.produce_version = terms.produce_version;
  rules.inflation.memory = terms.memory;
  return rules;
}

appended partition_log::answer_for(log_offset base, log_offset last, timestamp_ms log_append_time,
                                   bool duplicate) const {
  return {base, last, log_append_time, log_start_, log_end_, duplicate};
}

append_answer partition_log::append(const shared_bytes& batch, const append_terms& terms) {
  if (broken_) return rejection(*broken_);
  if (terms.epoch < epochs_.latest()) {
    return rejection({error_code::fenced_leader_epoch,
                      fmt::format("epoch {} is below {}", terms.epoch, epochs_.latest())});
  }
  auto validated = validate_batch(batch, rules_for(terms), terms.now_ms);
  if (auto* refused = std::get_if<batch_rejection>(&validated)) return std::move(*refused);
  auto& good = std::get<validated_batch>(validated);
  if (good.header.has_producer() && !good.header.is_control()) {
    auto known = producers_.check(producer_fields(good.header));
    if (!known) return rejection(std::move(known.error()));
    if (*known) {
      ++stats_.duplicates;
      const bool append_time = good.log_append_time_ms != no_timestamp;
      return answer_for((*known)->first_offset(), (*known)->last_offset,
                        append_time ? (*known)->timestamp : no_timestamp, true);
    }
  }
  stamp(good.batch.writable(), log_end_, terms.epoch);
  located_batch placed{0, good.header};
  placed.header.base_offset = log_end_;
  placed.header.epoch = terms.epoch;
  outcome<void> written = fault{error_code::kafka_storage_error, "no room on the disk", ENOSPC};
  if (terms.has_room) {
    written = write_batches(good.batch.view(), std::span{&placed, 1}, terms.now_ms);
  }
  if (!written) {
    if (good.header.base_sequence >= 0) producers_.note_refused(producer_fields(good.header));
    return rejection(std::move(written.error()));
  }
  return answer_for(placed.base_offset(), placed.last_offset(), good.log_append_time_ms, false);
}

void partition_log::note_refused(std::span<const std::byte> batch) {
  auto parsed = record_batch_view::parse(batch);
  if (!parsed) return;
  const auto& header = parsed->header();
  if (header.has_producer() && !header.is_control() && header.base_sequence >= 0) {
    producers_.note_refused(producer_fields(header));
  }
}

append_answer partition_log::append_as_follower(const shared_bytes& batches, timestamp_ms now_ms) {
  if (broken_) return rejection(*broken_);
  std::vector<located_batch> placed;
  record_batch_walk walk(batches.view());
  log_offset next = log_end_;
  leader_epoch epoch = epochs_.latest();
  int64_t position = 0;
  for (;;) {
    auto batch = walk.next();
    if (!batch) return rejection(std::move(batch.error()));
    if (!*batch) break;
    const auto& header = (*batch)->header();
    if (!(*batch)->crc_valid() || header.last_offset_delta < 0) {
      return rejection(
          {error_code::corrupt_message, fmt::format("bad batch at offset {}", header.base_offset)});
    }
    if (header.base_offset < next) {
      return rejection({error_code::offset_out_of_range,
                        fmt::format("offset {} below {}", header.base_offset, next)});
    }
    if (header.epoch < epoch) {
      return rejection({error_code::fenced_leader_epoch,
                        fmt::format("epoch {} is below {}", header.epoch, epoch)});
    }
    placed.push_back({position, header});
    position += static_cast<int64_t>(header.size_bytes());
    next = header.next_offset();
    epoch = header.epoch;
  }
  if (placed.empty()) return rejection({error_code::corrupt_message, "no whole batch"});
  const auto bytes = batches.view().first(static_cast<size_t>(position));
  auto written = write_batches(bytes, placed, now_ms);
  if (!written) return rejection(std::move(written.error()));
  return answer_for(placed.front().base_offset(), placed.back().last_offset(), no_timestamp, false);
}

outcome<void> partition_log::write_batches(std::span<const std::byte> bytes,
                                           std::span<const located_batch> batches,
                                           timestamp_ms now_ms) {
  const auto& last = batches.back();
  const auto size = static_cast<int64_t>(bytes.size());
  if (active().must_roll(size, last.last_offset(), last.header.max_timestamp, now_ms, options_)) {
    OTTLA_TRY(roll(now_ms));
    if (last.last_offset() - active().base_offset() > INT32_MAX) {
      return fault{error_code::record_list_too_large, "the offsets span more than one segment"};
    }
  }
  for (const auto& batch : batches) {
    if (batch.header.epoch >= 0) epochs_.assign(batch.header.epoch, batch.base_offset());
  }
  if (auto saved = save_epochs(); !saved) return survive(std::move(saved.error()));
  auto written = active().append(bytes, batches, options_.index_interval_bytes);
  if (!written) {
    epochs_.truncate_from_end(log_end_);
    auto cut = active().cut_back();
    return survive(std::move(cut ? written.error() : cut.error()));
  }
  log_end_ = last.last_offset() + 1;
  for (const auto& batch : batches) {
    OTTLA_TRY(note_producer(batch, bytes.subspan(static_cast<size_t>(batch.position))));
  }
  stats_.batches_appended += batches.size();
  stats_.bytes_appended += static_cast<uint64_t>(size);
  if (!dirty_since_) dirty_since_ = now_ms;
  bytes_since_snapshot_ += size;
  // A snapshot only saves time at the next start: a full disk may go without.
  if (bytes_since_snapshot_ >= options_.snapshot_interval_bytes) {
    auto taken = take_snapshot();
    if (!taken) (void)survive(std::move(taken.error()));
  }
  return {};
}

outcome<void> partition_log::note_producer(const located_batch& batch,
                                           std::span<const std::byte> bytes) {
  const auto& header = batch.header;
  if (!header.has_producer()) return {};
  if (!header.is_control()) {
    if (header.base_sequence >= 0) producers_.note(producer_fields(header));
    return {};
  }
  auto view = record_batch_view::parse(bytes);
  if (!view) return std::move(view.error());
  std::vector<std::byte> scratch;
  return for_each_record(*view, scratch, [&](const record_view& record) {
    if (auto marker = read_end_transaction_marker(record)) {
      producers_.note_marker(producer_fields(header), marker->coordinator_epoch);
    }
  });
}

outcome<void> partition_log::survive(fault why) {
  // A file of the log that is gone is no answer to a client, but a disk that lost something.
  if (why.code == error_code::resource_not_found) why.code = error_code::kafka_storage_error;
  if (!is_passing(why) && why.code == error_code::kafka_storage_error) broken_ = why;
  return why;
}

outcome<void> partition_log::save_epochs() {
  if (!epochs_.unsaved()) return {};
  OTTLA_TRY(write_file(handles_.disk(), inside(leader_epoch_name),
                       encode_leader_epochs(epochs_.entries()), sync_time::later));
  epochs_.mark_saved();
  epochs_dirty_ = true;
  return {};
}

outcome<void> partition_log::take_snapshot() {
  const auto path = [&](log_offset at) {
    return log_file_path(directory_, {log_file_kind::snapshot, at, log_file_suffix::none});
  };
  bytes_since_snapshot_ = 0;
  if (last_snapshot_ == log_end_) return {};
  // Nothing to remember, and nothing to replay without it.
  if (producers_.size() == 0 && log_end_ == segments_.front()->base_offset()) return {};
  OTTLA_TRY(
      write_file(handles_.disk(), path(log_end_), producers_.encode_snapshot(), sync_time::later));
  // Only those at the edges of segments are kept; one inside the active segment is superseded.
  if (last_snapshot_ > active().base_offset()) {
    OTTLA_TRY(handles_.disk().remove_file(path(last_snapshot_)));
  }
  last_snapshot_ = log_end_;
  unsynced_snapshots_.push_back(path(log_end_));
  directory_dirty_ = true;
  return {};
}

outcome<void> partition_log::roll(timestamp_ms now_ms) {
  if (active().is_empty()) return {};
  const auto steps = [&]() -> outcome<void> {
    OTTLA_TRY(active().seal());
    OTTLA_TRY(take_snapshot());
    return add_segment(log_end_, now_ms);
  };
  auto rolled = steps();
  if (!rolled) return survive(std::move(rolled.error()));
  ++stats_.segments_rolled;
  return {};
}

outcome<void> partition_log::add_segment(log_offset base, timestamp_ms now_ms) {
  auto added = std::make_unique<segment>(handles_, directory_, base);
  OTTLA_TRY(added->create(now_ms));
  segments_.push_back(std::move(added));
  directory_dirty_ = true;
  return {};
}

size_t partition_log::segment_index_of(log_offset offset) const {
  auto next = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](log_offset o, const auto& candidate) { return o < candidate->base_offset(); });
  return next == segments_.begin() ? 0 : static_cast<size_t>(next - segments_.begin()) - 1;
}

log_offset partition_log::end_of_segment(size_t index) const {
  return index + 1 < segments_.size() ? segments_[index + 1]->base_offset() : log_end_;
}

int64_t partition_log::size_bytes() const {
  int64_t sum = 0;
  for (const auto& each : segments_) sum += each->size_bytes();
  return sum;
}

void partition_log::set_options(const log_options& options) {
  options_ = options;
  producers_.set_expiration(options.producer_id_expiration_ms);
}

}  // namespace ottla
