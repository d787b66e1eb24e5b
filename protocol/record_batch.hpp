// Kafka's record batch of magic 2: the unit of the wire, of the log on disk and of replication.
//
// Views only: nothing here copies a payload or allocates for good bytes. A batch is trusted no
// further than it was checked: decode and parse check that the parts lie inside the bytes,
// crc_valid asks for the sum, record_reader checks every record it returns. Any thread; the
// stamping functions belong to the owner of the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/compression.hpp"
#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// Where the fields of a batch begin. Everything from `attributes` on is covered by the CRC, so the
/// log may stamp base offset and leader epoch without a new one.
namespace batch_layout {
inline constexpr size_t base_offset = 0;
inline constexpr size_t length = base_offset + 8;  ///< Bytes after this field.
inline constexpr size_t leader_epoch = length + 4;
inline constexpr size_t magic = leader_epoch + 4;
inline constexpr size_t crc = magic + 1;
inline constexpr size_t attributes = crc + 4;
inline constexpr size_t last_offset_delta = attributes + 2;
inline constexpr size_t base_timestamp = last_offset_delta + 4;
inline constexpr size_t max_timestamp = base_timestamp + 8;
inline constexpr size_t producer_id = max_timestamp + 8;
inline constexpr size_t producer_epoch = producer_id + 8;
inline constexpr size_t base_sequence = producer_epoch + 2;
inline constexpr size_t record_count = base_sequence + 4;
inline constexpr size_t records = record_count + 4;

inline constexpr size_t header_bytes = records;
inline constexpr size_t log_overhead_bytes = length + 4;  ///< What `length` does not count.
static_assert(magic == 16 && crc == 17 && attributes == 21 && header_bytes == 61);

inline constexpr int8_t current_magic = 2;
inline constexpr int16_t codec_mask = 0x07;
inline constexpr int16_t log_append_time_bit = 0x08;
inline constexpr int16_t transactional_bit = 0x10;
inline constexpr int16_t control_bit = 0x20;
inline constexpr int16_t delete_horizon_bit = 0x40;
}  // namespace batch_layout

enum class timestamp_type : uint8_t { create_time = 0, log_append_time = 1 };

inline constexpr int32_t no_sequence = -1;

/// `sequence` plus `increment` (not negative) on Kafka's circle, where 0 follows 2^31-1.
[[nodiscard]] int32_t add_to_sequence(int32_t sequence, int32_t increment);

/// The fixed part of a batch, decoded. The values are as found: only magic and length are checked.
struct record_batch_header {
  log_offset base_offset = 0;
  int32_t length = 0;
  leader_epoch epoch = no_leader_epoch;
  uint32_t crc = 0;
  int16_t attributes = 0;
  int32_t last_offset_delta = 0;
  timestamp_ms base_timestamp = no_timestamp;
  timestamp_ms max_timestamp = no_timestamp;
  ottla::producer_id producer_id = no_producer_id;
  ottla::producer_epoch producer_epoch = -1;
  int32_t base_sequence = no_sequence;
  int32_t record_count = 0;

  /// The whole batch, header and the twelve bytes before the length included.
  [[nodiscard]] size_t size_bytes() const {
    return static_cast<size_t>(length) + batch_layout::log_overhead_bytes;
  }
  [[nodiscard]] log_offset last_offset() const {
    return static_cast<log_offset>(static_cast<uint64_t>(base_offset) +
                                   static_cast<uint64_t>(int64_t{last_offset_delta}));
  }
  /// Where the log continues after this batch.
  [[nodiscard]] log_offset next_offset() const {
    return static_cast<log_offset>(static_cast<uint64_t>(last_offset()) + 1);
  }
  /// May be one of the values without a name: ask is_known().
  [[nodiscard]] compression_codec codec() const {
    return static_cast<compression_codec>(attributes & batch_layout::codec_mask);
  }
  [[nodiscard]] timestamp_type time_type() const {
    return has(batch_layout::log_append_time_bit) ? timestamp_type::log_append_time
                                                  : timestamp_type::create_time;
  }
  [[nodiscard]] bool is_transactional() const { return has(batch_layout::transactional_bit); }
  [[nodiscard]] bool is_control() const { return has(batch_layout::control_bit); }
  [[nodiscard]] bool has_producer() const { return producer_id > no_producer_id; }
  /// When tombstones of this batch may go (KIP-534); set by the cleaner, kept as base timestamp.
  [[nodiscard]] std::optional<timestamp_ms> delete_horizon() const {
    if (!has(batch_layout::delete_horizon_bit)) return std::nullopt;
    return base_timestamp;
  }
  /// -1 without a sequence.
  [[nodiscard]] int32_t last_sequence() const {
    return base_sequence < 0 ? no_sequence : add_to_sequence(base_sequence, last_offset_delta);
  }

private:
  [[nodiscard]] bool has(int16_t bit) const { return (attributes & bit) != 0; }
};

/// Decodes the first 61 bytes of a batch, for readers of files who do not hold the rest yet. Faults
/// with corrupt_message: fewer bytes, a magic other than 2, a length below the header's.
outcome<record_batch_header> decode_record_batch_header(std::span<const std::byte> bytes);

/// One batch whose bytes are all there.
class record_batch_view {
public:
  /// The batch at the start of `bytes`; more may follow. Faults like decode_record_batch_header,
  /// and when the batch is longer than the bytes. Does not compute the CRC.
  static outcome<record_batch_view> parse(std::span<const std::byte> bytes);

  [[nodiscard]] const record_batch_header& header() const { return header_; }
  /// The bytes of exactly this batch.
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  /// The records, compressed if the header says so.
  [[nodiscard]] std::span<const std::byte> payload() const {
    return bytes_.subspan(batch_layout::header_bytes);
  }
  /// Computes the CRC over attributes to end and compares.
  [[nodiscard]] bool crc_valid() const;
  /// The records uncompressed: the payload itself, or the payload inflated into `scratch`.
  outcome<std::span<const std::byte>> records(std::vector<std::byte>& scratch,
                                              const inflation_limits& limits = {}) const;

private:
  friend class record_batch_walk;

  record_batch_view(const record_batch_header& header, std::span<const std::byte> bytes)
      : header_(header), bytes_(bytes) {}

  record_batch_header header_;
  std::span<const std::byte> bytes_;
};

/// Walks the batches of a buffer, as a fetch answer or a piece of a segment holds them.
class record_batch_walk {
public:
  explicit record_batch_walk(std::span<const std::byte> bytes) : rest_(bytes) {}

  /// The next whole batch, nothing at the end or at a batch cut short by the end, or a fault for
  /// bytes that are no batch. Does not compute CRCs.
  outcome<std::optional<record_batch_view>> next();
  /// What next() has not consumed: empty, the cut batch, or the bytes at fault.
  [[nodiscard]] std::span<const std::byte> rest() const { return rest_; }

private:
  std::span<const std::byte> rest_;
};

/// Bytes that may be null, as keys, values and header values are.
using nullable_bytes = std::optional<std::span<const std::byte>>;

struct record_header_view {
  std::string_view key;
  nullable_bytes value;
};

/// One record; its parts point into the bytes that were read.
struct record_view {
  log_offset offset = 0;
  int32_t offset_delta = 0;
  timestamp_ms timestamp = no_timestamp;  ///< Of the batch where it has LogAppendTime.
  nullable_bytes key;
  nullable_bytes value;
  int32_t header_count = 0;
  std::span<const std::byte> header_bytes;  ///< See headers().
  size_t size_bytes = 0;                    ///< On the wire, its length prefix included.

  /// The headers, decoded. They were checked when the record was read.
  [[nodiscard]] std::vector<record_header_view> headers() const;
};

/// Reads the records of one batch, uncompressed, without allocating.
class record_reader {
public:
  enum class step : uint8_t { record, end, malformed };

  /// `records` are the uncompressed records of the batch with this header and outlive the reader.
  record_reader(const record_batch_header& header, std::span<const std::byte> records);

  /// Fills `record` with the next one. The end is reached when as many records as the header counts
  /// were read and no byte is left; anything else that is no record is malformed, which stays so.
  step next(record_view& record);
  /// What was wrong; empty unless malformed.
  [[nodiscard]] std::string_view problem() const { return problem_; }
  /// How many records were read so far.
  [[nodiscard]] int32_t count() const { return count_; }

private:
  step malformed(const char* why);

  const std::byte* at_;
  const std::byte* end_;
  log_offset base_offset_;
  timestamp_ms base_timestamp_;
  std::optional<timestamp_ms> append_time_;  ///< Set: the timestamp of every record.
  int32_t record_count_;
  int32_t count_ = 0;
  const char* problem_ = "";
};

/// Calls `visit(record)` for each record of a batch, inflated into `scratch` if need be. Faults
/// with what decompress() says or invalid_record.
template <class Visitor>
outcome<void> for_each_record(const record_batch_view& batch, std::vector<std::byte>& scratch,
                              Visitor&& visit) {
  auto records = batch.records(scratch);
  if (!records) return std::move(records.error());
  record_reader reader(batch.header(), *records);
  record_view record;
  for (;;) {
    switch (reader.next(record)) {
      case record_reader::step::record:
        visit(std::as_const(record));
        break;
      case record_reader::step::end:
        return {};
      case record_reader::step::malformed:
        return fault{error_code::invalid_record, std::string(reader.problem())};
    }
  }
}

/// Writes base offset and leader epoch, which the CRC does not cover, into a whole batch.
void stamp(std::span<std::byte> batch, log_offset base_offset, leader_epoch epoch);

/// Sets timestamp type and max timestamp and renews the CRC, if they differ from what is there.
/// With log_append_time every record is then read as having `max_timestamp`.
void stamp_timestamps(std::span<std::byte> batch, timestamp_type type, timestamp_ms max_timestamp);

/// Renews the CRC of a whole batch after a change to what it covers.
void stamp_crc(std::span<std::byte> batch);

}  // namespace ottla
