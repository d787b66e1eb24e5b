#include "protocol/record_validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "protocol/crc32c.hpp"
#include "protocol/endian.hpp"

namespace ottla {
namespace {

using rejection = std::optional<batch_rejection>;

// The smallest record: length, attributes, two deltas, null key, null value, no headers.
constexpr size_t smallest_record_bytes = 7;
constexpr size_t record_faults_max = 1000;

batch_rejection reject(error_code error, std::string message) {
  return {error, std::move(message), {}};
}

batch_rejection invalid(const validation_rules& rules, std::string_view why) {
  return reject(error_code::invalid_record,
                fmt::format("{} in topic partition {}", why, rules.partition_name));
}

// The checks of a produce request, which come before those of the log: one batch of magic 2.
outcome<record_batch_view> only_batch(std::span<const std::byte> records) {
  if (records.empty()) {
    return fault{error_code::invalid_record,
                 "Produce requests must have at least one record batch per partition"};
  }
  if (records.size() > batch_layout::magic) {
    auto magic = load_big_endian<int8_t>(records.data() + batch_layout::magic);
    if (magic == 0 || magic == 1) {
      return fault{error_code::invalid_record,
                   "Produce requests may only contain record batches with magic version 2"};
    }
  }
  auto batch = record_batch_view::parse(records);
  if (batch && batch->bytes().size() < records.size()) {
    return fault{error_code::invalid_record,
                 "Produce requests may only contain exactly one record batch per partition"};
  }
  return batch;
}

rejection check_codec(const record_batch_header& header, const validation_rules& rules) {
  if (!is_known(header.codec())) {
    return reject(error_code::unsupported_compression_type,
                  fmt::format("Unknown compression type id: {}", static_cast<int>(header.codec())));
  }
  if (header.codec() == compression_codec::zstd && rules.produce_version < 7) {
    return reject(error_code::unsupported_compression_type,
                  fmt::format("Produce requests with version {} are not allowed to use ZStandard "
                              "compression",
                              rules.produce_version));
  }
  return std::nullopt;
}

rejection check_size(size_t bytes, const validation_rules& rules) {
  if (bytes > static_cast<size_t>(std::max(rules.max_message_bytes, 0))) {
    return reject(error_code::message_too_large,
                  fmt::format("The record batch size in the append to {} is {} bytes which exceeds "
                              "the maximum configured value of {}",
                              rules.partition_name, bytes, rules.max_message_bytes));
  }
  if (bytes > static_cast<size_t>(std::max(rules.segment_bytes, 0))) {
    return reject(error_code::record_list_too_large,
                  fmt::format("Message batch size is {} bytes in append to partition {}, which "
                              "exceeds the maximum configured segment size of {}",
                              bytes, rules.partition_name, rules.segment_bytes));
  }
  return std::nullopt;
}

// Transactional batches without a producer, negative epochs and the cleaner's flag pass Kafka's
// broker; no client sends them and they would confuse producer state and compaction.
rejection check_producer(const record_batch_header& header, const validation_rules& rules) {
  if (header.has_producer() && header.base_sequence < 0) {
    return invalid(rules,
                   fmt::format("Invalid sequence number {} in record batch with producerId {}",
                               header.base_sequence, header.producer_id));
  }
  if (header.has_producer() && header.producer_epoch < 0) {
    return invalid(rules,
                   fmt::format("Invalid producer epoch {} in record batch with producerId {}",
                               header.producer_epoch, header.producer_id));
  }
  if (header.is_transactional() && !header.has_producer()) {
    return invalid(rules, "Transactional record batch without a producerId");
  }
  return std::nullopt;
}

rejection check_client_header(const record_batch_header& header, const validation_rules& rules) {
  if (header.base_offset != 0) {
    return invalid(rules,
                   fmt::format("The baseOffset of the record batch should be 0, but it is {}",
                               header.base_offset));
  }
  if (header.record_count <= 0) {
    return invalid(rules,
                   fmt::format("Invalid reported count for record batch: {}", header.record_count));
  }
  if (int64_t{header.last_offset_delta} + 1 != header.record_count) {
    return invalid(rules,
                   fmt::format("Inconsistent batch offset range [0, {}] and count of records "
                               "{}",
                               header.last_offset_delta, header.record_count));
  }
  if (header.is_control()) {
    return invalid(rules, "Clients are not allowed to write control records");
  }
  if (header.delete_horizon()) {
    return invalid(rules, "Clients are not allowed to set the delete horizon");
  }
  if (header.time_type() == timestamp_type::log_append_time) {
    return reject(error_code::invalid_timestamp,
                  fmt::format("Producer should not set timestamp type to LogAppendTime in topic "
                              "partition {}",
                              rules.partition_name));
  }
  return check_producer(header, rules);
}

// The timestamps that a topic takes, with the sums of Kafka's limits kept from overflowing.
class timestamp_window {
public:
  timestamp_window(const validation_rules& rules, timestamp_ms now)
      : unchecked_(rules.time_type == timestamp_type::log_append_time) {
    constexpr auto no_limit = std::numeric_limits<int64_t>::max();
    if (rules.timestamp_before_max_ms == no_limit ||
        __builtin_sub_overflow(now, rules.timestamp_before_max_ms, &oldest_)) {
      oldest_ = INT64_MIN;
    }
    if (__builtin_add_overflow(now, rules.timestamp_after_max_ms, &newest_)) newest_ = INT64_MAX;
  }

  [[nodiscard]] bool takes(timestamp_ms timestamp) const {
    return (timestamp >= oldest_ && timestamp <= newest_) || timestamp == no_timestamp ||
           unchecked_;
  }
  [[nodiscard]] std::string complaint(timestamp_ms timestamp, log_offset offset) const {
    return fmt::format(
        "Timestamp {} of message with offset {} is out of range. The timestamp "
        "should be within [{}, {}]",
        timestamp, offset, oldest_, newest_);
  }

private:
  timestamp_ms oldest_ = 0;
  timestamp_ms newest_ = 0;
  bool unchecked_;
};

// What went wrong with single records; the whole batch is refused for one of them.
class record_faults {
public:
  void add(error_code error, int32_t index, std::string message) {
    ++total_;
    if (error == error_code::invalid_timestamp) error_ = error;
    if (faults_.size() < record_faults_max) faults_.push_back({index, std::move(message)});
  }

  rejection summary() && {
    if (total_ == 0) return std::nullopt;
    auto message =
        error_ == error_code::invalid_timestamp
            ? std::string("One or more records have been rejected due to invalid timestamp")
            : fmt::format(
                  "One or more records have been rejected due to {} record errors "
                  "in total",
                  total_);
    return batch_rejection{error_, std::move(message), std::move(faults_)};
  }

private:
  size_t total_ = 0;
  error_code error_ = error_code::invalid_record;
  std::vector<record_fault> faults_;
};

// Walks the uncompressed records of a batch. Unlike Kafka it refuses offsets that do not count up
// from the base one by one: consumers would see them as they are.
class record_checker {
public:
  record_checker(const validation_rules& rules, timestamp_ms now)
      : rules_(rules), window_(rules, now) {}

  rejection check(const record_batch_header& header, std::span<const std::byte> records) {
    record_reader reader(header, records);
    record_view record;
    for (;;) {
      switch (reader.next(record)) {
        case record_reader::step::record:
          check_record(record, reader.count() - 1);
          break;
        case record_reader::step::end:
          return std::move(faults_).summary();
        case record_reader::step::malformed:
          return invalid(rules_, fmt::format("Record {} of the batch is malformed: {}",
                                             reader.count(), reader.problem()));
      }
    }
  }

  /// As Kafka counts it: records without a timestamp do not lower it.
  [[nodiscard]] timestamp_ms max_timestamp() const { return max_timestamp_; }

private:
  void check_record(const record_view& record, int32_t index) {
    max_timestamp_ = std::max(max_timestamp_, record.timestamp);
    if (rules_.compacted && !record.key) [[unlikely]] {
      faults_.add(
          error_code::invalid_record, index,
          fmt::format("Compacted topic cannot accept message without key in topic partition "
                      "{}",
                      rules_.partition_name));
    } else if (!window_.takes(record.timestamp)) [[unlikely]] {
      faults_.add(error_code::invalid_timestamp, index,
                  window_.complaint(record.timestamp, record.offset));
    }
    if (record.offset_delta != index && rules_.origin == append_origin::client) [[unlikely]] {
      faults_.add(error_code::invalid_record, index,
                  fmt::format("Record has the offset {} instead of {} in topic partition {}",
                              record.offset_delta, index, rules_.partition_name));
    }
  }

  const validation_rules& rules_;
  timestamp_window window_;
  record_faults faults_;
  timestamp_ms max_timestamp_ = no_timestamp;
};

// A refusal in the words of the layer below.
batch_rejection refuse(fault&& why, const validation_rules& rules) {
  if (why.code == error_code::corrupt_message) why.code = error_code::invalid_record;
  // Clients split a batch that is too large and try again, which helps an honest one.
  if (why.code == error_code::record_list_too_large) why.code = error_code::message_too_large;
  return reject(why.code,
                fmt::format("{} in topic partition {}", why.message, rules.partition_name));
}

class batch_validation {
public:
  batch_validation(const shared_bytes& records, const record_batch_view& batch,
                   const validation_rules& rules, timestamp_ms now)
      : bytes_(records), batch_(batch), header_(batch.header()), rules_(rules), now_(now) {}

  validation_result run() {
    if (auto no = check_header()) return std::move(*no);
    auto no = must_walk() ? walk() : glance();
    if (no) return std::move(*no);
    return must_recompress() ? recompress() : keep();
  }

private:
  [[nodiscard]] bool compressed() const { return header_.codec() != compression_codec::none; }

  // Control batches stay as coordinators write them.
  [[nodiscard]] bool must_recompress() const {
    return !rules_.compression.keep_producers &&
           rules_.compression.codec.codec != header_.codec() && !header_.is_control();
  }

  [[nodiscard]] bool must_walk() const {
    return !compressed() || rules_.compacted || rules_.level == validation_level::full ||
           must_recompress();
  }

  rejection check_header() {
    if (auto no = check_codec(header_, rules_)) return no;
    if (auto no = check_size(bytes_.size(), rules_)) return no;
    if (!batch_.crc_valid()) {
      return reject(error_code::corrupt_message,
                    fmt::format("Record is corrupt (stored crc = {}) in topic partition {}",
                                header_.crc, rules_.partition_name));
    }
    if (rules_.origin == append_origin::client) return check_client_header(header_, rules_);
    return std::nullopt;
  }

  // All records, inflated if need be. The stream's output is looked at only up to what the
  // limits allow, and a count that the bytes cannot hold ends the walk before it begins.
  rejection walk() {
    auto records = batch_.records(inflated_, rules_.inflation);
    if (!records) return refuse(std::move(records.error()), rules_);
    record_checker checker(rules_, now_);
    if (auto no = checker.check(header_, *records)) return no;
    max_timestamp_ = checker.max_timestamp();
    return std::nullopt;
  }

  // A compressed batch at level `header`: the outside of the stream, and the header's claims.
  rejection glance() {
    if (auto fine = check_envelope(header_.codec(), batch_.payload(), rules_.inflation); !fine) {
      return refuse(std::move(fine.error()), rules_);
    }
    if (static_cast<size_t>(header_.record_count) >
        rules_.inflation.max_output_bytes / smallest_record_bytes) {
      return invalid(
          rules_, fmt::format("Invalid reported count for record batch: {}", header_.record_count));
    }
    timestamp_window window(rules_, now_);
    if (!window.takes(header_.max_timestamp)) {
      return reject(error_code::invalid_timestamp,
                    window.complaint(header_.max_timestamp, header_.last_offset_delta));
    }
    max_timestamp_ = header_.max_timestamp;
    return std::nullopt;
  }

  [[nodiscard]] timestamp_ms stamped_timestamp() const {
    return rules_.time_type == timestamp_type::log_append_time ? now_ : max_timestamp_;
  }

  validation_result keep() { return finish(bytes_, false); }

  // The records stay as they are, only their wrapping changes: offsets, timestamps and producer
  // fields are in the header or relative to it.
  validation_result recompress() {
    auto records = compressed() ? std::span<const std::byte>{inflated_} : batch_.payload();
    std::vector<std::byte> packed(batch_layout::header_bytes);
    if (auto done = compress(rules_.compression.codec, records, packed); !done) {
      return refuse(std::move(done.error()), rules_);
    }
    if (auto no = check_size(packed.size(), rules_)) return std::move(*no);
    auto header = batch_.bytes().first(batch_layout::header_bytes);
    std::copy(header.begin(), header.end(), packed.begin());
    auto attributes = static_cast<int16_t>((header_.attributes & ~batch_layout::codec_mask) |
                                           static_cast<int16_t>(rules_.compression.codec.codec));
    auto length = static_cast<int32_t>(packed.size() - batch_layout::log_overhead_bytes);
    store_big_endian(packed.data() + batch_layout::attributes, attributes);
    store_big_endian(packed.data() + batch_layout::length, length);
    stamp_crc(packed);
    return finish(shared_bytes::copy_of(packed), true);
  }

  validation_result finish(shared_bytes batch, bool recompressed) {
    stamp_timestamps(batch.writable(), rules_.time_type, stamped_timestamp());
    auto header = decode_record_batch_header(batch.view());
    auto append_time = rules_.time_type == timestamp_type::log_append_time ? now_ : no_timestamp;
    return validated_batch{std::move(batch), *header, append_time, recompressed};
  }

  shared_bytes bytes_;
  const record_batch_view& batch_;
  const record_batch_header& header_;
  const validation_rules& rules_;
  timestamp_ms now_;
  std::vector<std::byte> inflated_;
  timestamp_ms max_timestamp_ = no_timestamp;
};

}  // namespace

validation_result validate_batch(const shared_bytes& records, const validation_rules& rules,
                                 timestamp_ms now_ms) {
  auto batch = only_batch(records.view());
  if (!batch) {
    return reject(batch.error().code, fmt::format("{} in topic partition {}", batch.error().message,
                                                  rules.partition_name));
  }
  return batch_validation(records, *batch, rules, now_ms).run();
}

}  // namespace ottla
