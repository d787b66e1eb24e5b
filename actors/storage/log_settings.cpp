#include "actors/storage/log_settings.hpp"

namespace ottla {

target_compression make_target_compression(const topic_config& topic) {
  target_compression target{.keep_producers = false, .codec = {}};
  switch (topic.compression) {
    case compression_choice::producer:
      target.keep_producers = true;
      break;
    case compression_choice::uncompressed:
      target.codec.codec = compression_codec::none;
      break;
    case compression_choice::snappy:
      target.codec.codec = compression_codec::snappy;
      break;
    case compression_choice::gzip:
      target.codec = {.codec = compression_codec::gzip, .level = topic.compression_gzip_level};
      break;
    case compression_choice::lz4:
      target.codec = {.codec = compression_codec::lz4, .level = topic.compression_lz4_level};
      break;
    case compression_choice::zstd:
      target.codec = {.codec = compression_codec::zstd, .level = topic.compression_zstd_level};
      break;
  }
  return target;
}

log_options make_log_options(const topic_config& topic, const log_defaults& broker) {
  log_options options;
  auto& rules = options.validation;
  rules.max_message_bytes = topic.max_message_bytes;
  rules.time_type = topic.message_timestamp_log_append_time ? timestamp_type::log_append_time
                                                            : timestamp_type::create_time;
  rules.timestamp_before_max_ms = topic.message_timestamp_before_max_ms;
  rules.timestamp_after_max_ms = topic.message_timestamp_after_max_ms;
  rules.compression = make_target_compression(topic);
  rules.level = topic.validate_records ? validation_level::full : validation_level::header;

  options.segment_bytes = topic.segment_bytes;
  options.segment_ms = topic.segment_ms;
  options.segment_jitter_ms = topic.segment_jitter_ms;
  options.segment_index_bytes = topic.segment_index_bytes;
  options.index_interval_bytes = topic.index_interval_bytes;
  options.cleanup_delete = topic.cleanup_delete;
  options.cleanup_compact = topic.cleanup_compact;
  options.retention_ms = topic.retention_ms;
  options.retention_bytes = topic.retention_bytes;
  options.file_delete_delay_ms = topic.file_delete_delay_ms;
  options.delete_retention_ms = topic.delete_retention_ms;
  options.min_compaction_lag_ms = topic.min_compaction_lag_ms;
  options.max_compaction_lag_ms = topic.max_compaction_lag_ms;
  options.min_cleanable_dirty_ratio = topic.min_cleanable_dirty_ratio;
  options.flush_messages = topic.flush_messages;
  options.flush_ms = topic.flush_ms;
  options.producer_id_expiration_ms = broker.producer_id_expiration_ms;
  return options;
}

}  // namespace ottla
