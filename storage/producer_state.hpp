// What the log remembers of each idempotent producer: its epoch and its last five batches.
//
// A retried batch is found here and answered with its first offset; a gap or an old epoch is
// refused. The state is a function of the batches in the log; a `.snapshot` file (Kafka's format)
// saves the replay. Kafka's snapshot has one batch per producer: older batches are written as
// earlier entries of the same producer, which Kafka reads as superseded.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// The producer fields of a batch.
struct producer_batch {
  producer_id id = no_producer_id;
  producer_epoch epoch = -1;
  int32_t first_sequence = -1;
  int32_t last_sequence = -1;
  log_offset first_offset = -1;
  log_offset last_offset = -1;
  timestamp_ms timestamp = no_timestamp;
  bool transactional = false;
};

struct remembered_batch {
  int32_t last_sequence = -1;
  log_offset last_offset = -1;
  int32_t offset_delta = 0;  ///< last offset - first offset = last sequence - first sequence.
  timestamp_ms timestamp = no_timestamp;

  [[nodiscard]] log_offset first_offset() const { return last_offset - offset_delta; }
  /// Sequences wrap from 2^31-1 to 0.
  [[nodiscard]] int32_t first_sequence() const;
  friend bool operator==(const remembered_batch&, const remembered_batch&) = default;
};

/// Facts of one producer, for DescribeProducers.
struct producer_summary {
  producer_id id = no_producer_id;
  producer_epoch epoch = -1;
  int32_t last_sequence = -1;
  timestamp_ms last_timestamp = no_timestamp;
  int32_t coordinator_epoch = -1;
  log_offset transaction_start = -1;
};

/// Good batches of producers that are not known which could not be written: first sequences.
struct refused_batch {
  producer_epoch epoch = -1;
  int32_t first_sequence = -1;
};
using refused_batches = std::unordered_map<producer_id, refused_batch>;

class producer_state {
public:
  static constexpr size_t batches_kept = 5;

  explicit producer_state(int64_t expiration_ms) : expiration_ms_(expiration_ms) {}

  /// Checks a client's batch before it is written. Answers with the remembered batch if this is a
  /// retry, with nothing if it is to be appended. Faults: out_of_order_sequence_number,
  /// duplicate_sequence_number (older than remembered), invalid_producer_epoch.
  [[nodiscard]] outcome<std::optional<remembered_batch>> check(const producer_batch& batch) const;
  /// Notes a batch that is in the log.
  void note(const producer_batch& batch);
  /// Notes that a good batch could not be written. A producer that is not known may begin with any
  /// sequence; until this batch comes again none of its later ones overtakes it. Not in snapshots.
  void note_refused(const producer_batch& batch);
  /// What note_refused() has said and is still due; for the same log when it is opened again.
  [[nodiscard]] const refused_batches& refused() const { return refused_; }
  void set_refused(refused_batches refused);
  /// Notes the end of a transaction, written by its coordinator as a control batch.
  void note_marker(const producer_batch& marker, int32_t coordinator_epoch);

  size_t expire(timestamp_ms now_ms);
  void set_expiration(int64_t expiration_ms) { expiration_ms_ = expiration_ms; }
  void clear();

  [[nodiscard]] size_t size() const { return producers_.size(); }
  [[nodiscard]] bool contains(producer_id id) const { return producers_.contains(id); }
  /// The offset of the newest remembered batch of `id`, or -1: compaction keeps that batch.
  [[nodiscard]] log_offset last_offset_of(producer_id id) const;
  /// The first offset of the oldest open transaction.
  [[nodiscard]] std::optional<log_offset> first_open_transaction() const;
  /// By producer id.
  [[nodiscard]] std::vector<producer_summary> summaries() const;

  /// The bytes of a `.snapshot` file.
  [[nodiscard]] std::string encode_snapshot() const;
  /// Replaces the state by that of a snapshot, leaving out what is expired at `now_ms`.
  /// Fault corrupt_message: bad version, checksum or length.
  outcome<void> decode_snapshot(std::span<const std::byte> bytes, timestamp_ms now_ms);

private:
  struct producer {
    producer_epoch epoch = -1;
    int32_t coordinator_epoch = -1;
    timestamp_ms last_timestamp = no_timestamp;
    log_offset transaction_start = -1;
    uint8_t count = 0;
    std::array<remembered_batch, batches_kept> batches{};  // oldest first

    [[nodiscard]] const remembered_batch* newest() const {
      return count == 0 ? nullptr : &batches[count - 1U];
    }
    void remember(const remembered_batch& batch);
  };

  std::vector<producer_id> sorted_ids() const;

  int64_t expiration_ms_;
  std::unordered_map<producer_id, producer> producers_;

  static constexpr size_t refused_kept = 1000;
  refused_batches refused_;
};

}  // namespace ottla
