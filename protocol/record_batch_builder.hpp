// Makes record batches: for coordinators, the cleaner, the command line and tests.
//
// The broker's hot path never comes here; it passes on the batches of its clients. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/compression.hpp"
#include "protocol/record_batch.hpp"
#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// A record to be written. Its parts are copied by append().
struct record_data {
  timestamp_ms timestamp = no_timestamp;
  nullable_bytes key;
  nullable_bytes value;
  std::span<const record_header_view> headers = {};
};

/// What is the same for all records of a batch.
struct record_batch_options {
  log_offset base_offset = 0;
  leader_epoch epoch = no_leader_epoch;
  compression_options compression = {};
  ottla::producer_id producer_id = no_producer_id;
  ottla::producer_epoch producer_epoch = -1;
  int32_t base_sequence = no_sequence;
  bool transactional = false;
  bool control = false;
  std::optional<timestamp_ms> log_append_time;  ///< Set: LogAppendTime, with this as max timestamp.
  std::optional<timestamp_ms> delete_horizon;   ///< Set by the cleaner only (KIP-534).
};

class record_batch_builder {
public:
  explicit record_batch_builder(const record_batch_options& options = {});

  /// Adds a record one above the last one's offset.
  void append(const record_data& record);
  /// Adds a record at `offset`, which must be above the last one's and at or above the base.
  void append_at(log_offset offset, const record_data& record);

  [[nodiscard]] bool empty() const { return record_count_ == 0; }
  [[nodiscard]] int32_t record_count() const { return record_count_; }
  /// The batch as it would be without compression.
  [[nodiscard]] size_t uncompressed_size_bytes() const { return bytes_.size(); }

  /// The finished batch, and an empty builder again with the same options. `last_offset` is for the
  /// cleaner, which keeps the range of the original batch; it may also be left without records
  /// then. Fails only on a bad codec or level.
  outcome<shared_bytes> build(std::optional<log_offset> last_offset = std::nullopt);

private:
  void reset();

  record_batch_options options_;
  std::vector<std::byte> bytes_;  ///< Room for the header, then records.
  int32_t record_count_ = 0;
  int32_t last_offset_delta_ = -1;
  timestamp_ms base_timestamp_ = no_timestamp;
  timestamp_ms max_timestamp_ = no_timestamp;
};

/// What is left of a batch whose records are all gone but whose producer's last sequence must be
/// remembered: its header with offsets, producer and times, and no records.
shared_bytes build_empty_batch(const record_batch_header& original);

/// What a transaction ended with, as the type of the control record says.
enum class end_transaction : int16_t { abort = 0, commit = 1 };

struct end_transaction_marker {
  end_transaction type = end_transaction::abort;
  int32_t coordinator_epoch = 0;
};

/// A control batch with one marker, as a coordinator appends it to the partitions of a transaction.
shared_bytes build_end_transaction_marker(producer_id id, producer_epoch epoch,
                                          const end_transaction_marker& marker, timestamp_ms now);

/// Reads the marker from a record of a control batch; nothing if it is another control record.
std::optional<end_transaction_marker> read_end_transaction_marker(const record_view& record);

}  // namespace ottla
