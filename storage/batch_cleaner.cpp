#include "storage/batch_cleaner.hpp"

#include "protocol/record_batch_builder.hpp"

namespace ottla {

bool batch_cleaner::keeps(const record_batch_header& batch, const record_view& record) {
  if (record.offset >= rules_.mapped_below) return true;
  if (!record.key) {
    ++stats_.records_without_key;
    return false;
  }
  if (record.offset < rules_.last_offsets->get(*record.key)) return false;
  if (record.value) return true;
  const auto horizon = batch.delete_horizon();
  if (!horizon || rules_.now_ms < *horizon) return true;
  ++stats_.tombstones_dropped;
  return false;
}

bool batch_cleaner::is_last_of_producer(const record_batch_header& batch) const {
  if (!batch.has_producer() || rules_.producers == nullptr) return false;
  auto found = rules_.producers->find(batch.producer_id);
  return found != rules_.producers->end() && found->second == batch.last_offset();
}

outcome<cleaned_batch> batch_cleaner::clean(const record_batch_view& batch, bool ends_segment) {
  const auto& header = batch.header();
  stats_.bytes_read += static_cast<int64_t>(header.size_bytes());
  if (header.is_control()) return cleaned_batch{};
  int64_t read = 0;
  int64_t kept = 0;
  bool keeps_tombstone = false;
  OTTLA_TRY(for_each_record(batch, scratch_, [&](const record_view& record) {
    ++read;
    if (!keeps(header, record)) return;
    ++kept;
    // The horizon runs from the first cleaning that sees the tombstone as the last of its key.
    keeps_tombstone |= !record.value && record.offset < rules_.mapped_below;
  }));
  stats_.records_read += read;
  stats_.records_kept += kept;
  if (kept == 0) {
    const bool stays = ends_segment || is_last_of_producer(header);
    if (!stays) return cleaned_batch{cleaned_batch::kind::dropped, {}};
    if (read == 0) return cleaned_batch{};
    return cleaned_batch{cleaned_batch::kind::rewritten, build_empty_batch(header)};
  }
  const bool sets_horizon = keeps_tombstone && !header.delete_horizon();
  if (kept == read && !sets_horizon) return cleaned_batch{};
  return rewrite(batch, sets_horizon);
}

outcome<cleaned_batch> batch_cleaner::rewrite(const record_batch_view& batch, bool sets_horizon) {
  const auto& header = batch.header();
  record_batch_options options;
  options.base_offset = header.base_offset;
  options.epoch = header.epoch;
  options.compression.codec = header.codec();
  options.producer_id = header.producer_id;
  options.producer_epoch = header.producer_epoch;
  options.base_sequence = header.base_sequence;
  options.transactional = header.is_transactional();
  options.delete_horizon = header.delete_horizon();
  if (sets_horizon) {
    const bool is_endless = rules_.delete_retention_ms > INT64_MAX - rules_.now_ms;
    options.delete_horizon = is_endless ? INT64_MAX : rules_.now_ms + rules_.delete_retention_ms;
  }
  if (header.time_type() == timestamp_type::log_append_time) {
    options.log_append_time = header.max_timestamp;
  }
  record_batch_builder builder(options);
  const compaction_stats before = stats_;  // keeps() counts, and is asked a second time here
  OTTLA_TRY(for_each_record(batch, scratch_, [&](const record_view& record) {
    if (!keeps(header, record)) return;
    const auto headers = record.headers();
    builder.append_at(record.offset, {record.timestamp, record.key, record.value, headers});
  }));
  stats_ = before;
  auto built = builder.build(header.last_offset());
  if (!built) return std::move(built.error());
  return cleaned_batch{cleaned_batch::kind::rewritten, std::move(*built)};
}

}  // namespace ottla
