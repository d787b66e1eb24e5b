#include "storage/producer_state.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "protocol/crc32c.hpp"
#include "protocol/endian.hpp"
#include "protocol/record_batch.hpp"

namespace ottla {
namespace {

/// Kafka's `.snapshot`: version, CRC of all that follows the CRC, count, entries. Big endian.
namespace snapshot_layout {
constexpr size_t version = 0, crc = 2, count = 6, entries = 10;
constexpr int16_t current_version = 1;
// Within an entry.
constexpr size_t id = 0, epoch = 8, last_sequence = 10, last_offset = 14, offset_delta = 22,
                 timestamp = 26, coordinator_epoch = 34, transaction_start = 38, entry_bytes = 46;
}  // namespace snapshot_layout

bool follows(int32_t last_sequence, int32_t next_sequence) {
  return next_sequence == add_to_sequence(last_sequence, 1);
}

fault rejected(error_code code, const producer_batch& batch, std::string why) {
  return {code, fmt::format("producer {} epoch {} sequence {}: {}", batch.id, batch.epoch,
                            batch.first_sequence, why)};
}

}  // namespace

int32_t remembered_batch::first_sequence() const {
  // Counting back on the circle of 2^31 sequences.
  const int64_t first = int64_t{last_sequence} - offset_delta;
  constexpr int64_t circle = int64_t{std::numeric_limits<int32_t>::max()} + 1;
  return static_cast<int32_t>(first < 0 ? first + circle : first);
}

void producer_state::producer::remember(const remembered_batch& batch) {
  if (count == batches_kept) {
    std::move(batches.begin() + 1, batches.end(), batches.begin());
    --count;
  }
  batches[count++] = batch;
}

outcome<std::optional<remembered_batch>> producer_state::check(const producer_batch& batch) const {
  auto found = producers_.find(batch.id);
  if (found == producers_.end()) {
    auto refused = refused_.find(batch.id);
    if (refused != refused_.end() && refused->second.epoch == batch.epoch &&
        refused->second.first_sequence != batch.first_sequence) {
      return rejected(
          error_code::out_of_order_sequence_number, batch,
          fmt::format("sequence {} was refused and is due again", refused->second.first_sequence));
    }
    return std::optional<remembered_batch>{};  // any sequence may begin
  }
  const producer& known = found->second;
  if (batch.epoch < known.epoch) {
    return rejected(error_code::invalid_producer_epoch, batch,
                    fmt::format("the epoch is {} by now", known.epoch));
  }
  if (batch.epoch > known.epoch) {
    if (batch.first_sequence == 0) return std::optional<remembered_batch>{};
    return rejected(error_code::out_of_order_sequence_number, batch,
                    "a new epoch begins with sequence 0");
  }
  const remembered_batch* newest = known.newest();
  if (newest == nullptr) {  // known by a transaction marker only
    if (batch.first_sequence == 0) return std::optional<remembered_batch>{};
    return rejected(error_code::out_of_order_sequence_number, batch, "the first sequence is 0");
  }
  for (uint8_t i = 0; i < known.count; ++i) {
    const auto& old = known.batches[i];
    if (old.first_sequence() == batch.first_sequence && old.last_sequence == batch.last_sequence) {
      return std::optional(old);
    }
  }
  if (follows(newest->last_sequence, batch.first_sequence)) {
    return std::optional<remembered_batch>{};
  }
  // Wholly before five remembered batches: appended long ago. Clients take this as success.
  const int32_t oldest_sequence = known.batches[0].first_sequence();
  if (known.count == batches_kept && batch.last_sequence < oldest_sequence &&
      newest->last_sequence >= oldest_sequence) {
    return rejected(error_code::duplicate_sequence_number, batch,
                    "appended earlier, and forgotten");
  }
  return rejected(error_code::out_of_order_sequence_number, batch,
                  fmt::format("the last sequence is {}", newest->last_sequence));
}

void producer_state::note_refused(const producer_batch& batch) {
  if (producers_.contains(batch.id)) return;  // its sequences are checked anyway
  const bool is_new = !refused_.contains(batch.id);
  if (is_new && refused_.size() >= refused_kept) refused_.erase(refused_.begin());
  auto [due, is_first] =
      refused_.try_emplace(batch.id, refused_batch{batch.epoch, batch.first_sequence});
  // What is refused behind it does not change what is due.
  if (!is_first && due->second.epoch != batch.epoch) {
    due->second = {batch.epoch, batch.first_sequence};
  }
}

void producer_state::set_refused(refused_batches refused) {
  refused_ = std::move(refused);
  std::erase_if(refused_, [this](const auto& each) { return producers_.contains(each.first); });
}

void producer_state::note(const producer_batch& batch) {
  refused_.erase(batch.id);
  producer& known = producers_[batch.id];
  if (known.epoch != batch.epoch) {
    known.epoch = batch.epoch;
    known.count = 0;
  }
  known.last_timestamp = batch.timestamp;
  known.remember({batch.last_sequence, batch.last_offset,
                  static_cast<int32_t>(batch.last_offset - batch.first_offset), batch.timestamp});
  if (batch.transactional && known.transaction_start < 0) {
    known.transaction_start = batch.first_offset;
  }
}

void producer_state::note_marker(const producer_batch& marker, int32_t coordinator_epoch) {
  producer& known = producers_[marker.id];
  if (known.epoch != marker.epoch) {
    known.epoch = marker.epoch;
    known.count = 0;
  }
  known.last_timestamp = marker.timestamp;
  known.coordinator_epoch = coordinator_epoch;
  known.transaction_start = -1;
}

size_t producer_state::expire(timestamp_ms now_ms) {
  return std::erase_if(producers_, [&](const auto& entry) {
    return entry.second.transaction_start < 0 &&
           now_ms - entry.second.last_timestamp >= expiration_ms_;
  });
}

void producer_state::clear() {
  producers_.clear();
  refused_.clear();
}

log_offset producer_state::last_offset_of(producer_id id) const {
  auto found = producers_.find(id);
  if (found == producers_.end() || found->second.count == 0) return -1;
  return found->second.newest()->last_offset;
}

std::optional<log_offset> producer_state::first_open_transaction() const {
  std::optional<log_offset> first;
  for (const auto& [id, known] : producers_) {
    if (known.transaction_start < 0) continue;
    first = std::min(first.value_or(known.transaction_start), known.transaction_start);
  }
  return first;
}

std::vector<producer_id> producer_state::sorted_ids() const {
  std::vector<producer_id> ids;
  ids.reserve(producers_.size());
  for (const auto& [id, known] : producers_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<producer_summary> producer_state::summaries() const {
  std::vector<producer_summary> all;
  for (producer_id id : sorted_ids()) {
    const producer& known = producers_.at(id);
    all.push_back({id, known.epoch, known.count == 0 ? -1 : known.newest()->last_sequence,
                   known.last_timestamp, known.coordinator_epoch, known.transaction_start});
  }
  return all;
}

std::string producer_state::encode_snapshot() const {
  namespace layout = snapshot_layout;
  size_t entries = 0;
  for (const auto& [id, known] : producers_) entries += std::max<size_t>(known.count, 1);
  std::string bytes(layout::entries + entries * layout::entry_bytes, '\0');
  auto* at = reinterpret_cast<std::byte*>(bytes.data());
  store_big_endian(at + layout::version, layout::current_version);
  store_big_endian(at + layout::count, static_cast<int32_t>(entries));
  std::byte* entry = at + layout::entries;
  for (producer_id id : sorted_ids()) {
    const producer& known = producers_.at(id);
    const size_t count = std::max<size_t>(known.count, 1);
    for (size_t i = 0; i < count; ++i, entry += layout::entry_bytes) {
      const remembered_batch batch = known.count == 0 ? remembered_batch{} : known.batches[i];
      const bool is_newest = i + 1 == count;
      store_big_endian(entry + layout::id, id);
      store_big_endian(entry + layout::epoch, known.epoch);
      store_big_endian(entry + layout::last_sequence, batch.last_sequence);
      store_big_endian(entry + layout::last_offset, batch.last_offset);
      store_big_endian(entry + layout::offset_delta, batch.offset_delta);
      store_big_endian(entry + layout::timestamp,
                       is_newest ? known.last_timestamp : batch.timestamp);
      store_big_endian(entry + layout::coordinator_epoch, known.coordinator_epoch);
      store_big_endian(entry + layout::transaction_start,
                       is_newest ? known.transaction_start : log_offset{-1});
    }
  }
  const auto covered = std::as_bytes(std::span{bytes}).subspan(layout::count);
  store_big_endian(at + layout::crc, static_cast<int32_t>(crc32c(covered)));
  return bytes;
}

outcome<void> producer_state::decode_snapshot(std::span<const std::byte> bytes,
                                              timestamp_ms now_ms) {
  namespace layout = snapshot_layout;
  const fault malformed{error_code::corrupt_message, "bad producer snapshot"};
  if (bytes.size() < layout::entries) return malformed;
  const auto* at = bytes.data();
  if (load_big_endian<int16_t>(at + layout::version) != layout::current_version) return malformed;
  if (load_big_endian<uint32_t>(at + layout::crc) != crc32c(bytes.subspan(layout::count))) {
    return malformed;
  }
  const auto count = load_big_endian<int32_t>(at + layout::count);
  const auto room = bytes.size() - layout::entries;
  if (count < 0 || static_cast<uint64_t>(count) * layout::entry_bytes != room) return malformed;
  clear();
  for (const auto* entry = at + layout::entries; entry < at + bytes.size();
       entry += layout::entry_bytes) {
    const auto epoch = load_big_endian<producer_epoch>(entry + layout::epoch);
    producer& known = producers_[load_big_endian<producer_id>(entry + layout::id)];
    if (known.epoch != epoch) known = producer{};
    known.epoch = epoch;
    known.last_timestamp = load_big_endian<timestamp_ms>(entry + layout::timestamp);
    known.coordinator_epoch = load_big_endian<int32_t>(entry + layout::coordinator_epoch);
    known.transaction_start = load_big_endian<log_offset>(entry + layout::transaction_start);
    const auto sequence = load_big_endian<int32_t>(entry + layout::last_sequence);
    if (sequence < 0) continue;
    known.remember({sequence, load_big_endian<log_offset>(entry + layout::last_offset),
                    load_big_endian<int32_t>(entry + layout::offset_delta), known.last_timestamp});
  }
  expire(now_ms);
  return {};
}

}  // namespace ottla
