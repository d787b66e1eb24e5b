#include "tests/sim/history.hpp"

#include <fmt/format.h>

#include <charconv>

#include "protocol/record_batch.hpp"

namespace ottla::sim {
namespace {

/// The inverse of to_value(); number -1 if it is no such value.
record_name from_value(std::span<const std::byte> bytes) {
  const auto* at = reinterpret_cast<const char*>(bytes.data());
  const auto* end = at + bytes.size();
  record_name name{-1, -1};
  auto first = std::from_chars(at, end, name.producer);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '/') return {-1, -1};
  if (std::from_chars(first.ptr + 1, end, name.number).ec != std::errc{}) return {-1, -1};
  return name;
}

}  // namespace

std::string describe(record_name name) {
  return fmt::format("{}/{}", name.producer, name.number);
}

std::string to_value(record_name name, size_t padding) {
  return describe(name) + "/" + std::string(padding, 'x');
}

void history::pin(int32_t partition, log_offset offset, record_name name, const char* by) {
  auto [place, is_new] = logs_[static_cast<size_t>(partition)].known.emplace(offset, name);
  if (is_new || place->second == name) return;
  violated(fmt::format("I3: partition {} offset {} was {} and is {} ({})", partition, offset,
                       describe(place->second), describe(name), by));
}

void history::acknowledged(int32_t partition, log_offset offset, record_name name) {
  ++records_acknowledged;
  logs_[static_cast<size_t>(partition)].acknowledged.insert(name);
  if (offset >= 0) pin(partition, offset, name, "acknowledged");
}

log_offset history::fetched(int32_t partition, log_offset position,
                            std::span<const std::byte> bytes) {
  auto& log = logs_[static_cast<size_t>(partition)];
  record_batch_walk walk{bytes};
  std::vector<std::byte> scratch;
  log_offset next = position;
  for (;;) {
    auto batch = walk.next();
    if (!batch) violated("I8: served bytes that are no batch: " + batch.error().message);
    if (!batch || !*batch) return next;
    const auto& header = (*batch)->header();
    if (!(*batch)->crc_valid()) {
      violated(fmt::format("I8: partition {}: the batch at {} has a bad sum", partition,
                           header.base_offset));
      return next;
    }
    const bool fits = header.base_offset == next || (next == position && header.base_offset < next);
    if (!fits || header.next_offset() <= next) {
      violated(fmt::format("I4: partition {}: a batch at {} where {} was due", partition,
                           header.base_offset, next));
      return next;
    }
    log.epochs[header.base_offset] = header.epoch;
    auto before = log.epochs.find(header.base_offset);
    if (before != log.epochs.begin() && std::prev(before)->second > header.epoch) {
      violated(
          fmt::format("I4: partition {}: the epoch falls at {}", partition, header.base_offset));
    }
    auto good = for_each_record(**batch, scratch, [&](const record_view& record) {
      const auto name = from_value(record.value.value_or(std::span<const std::byte>{}));
      pin(partition, record.offset, name, "fetched");
      log.seen.emplace(record.offset, name);
      ++records_fetched;
    });
    if (!good) violated("I8: " + good.error().message);
    next = header.next_offset();
  }
}

void history::saw_high_watermark(int32_t partition, log_offset offset) {
  auto& log = logs_[static_cast<size_t>(partition)];
  if (offset < log.high_watermark) {
    violated(fmt::format("I4: partition {}: the high watermark fell from {} to {}", partition,
                         log.high_watermark, offset));
  }
  log.high_watermark = std::max(log.high_watermark, offset);
}

void history::check_whole(int32_t partition, const std::map<int32_t, int32_t>& idempotent_counts) {
  auto& log = logs_[static_cast<size_t>(partition)];
  log_offset due = 0;
  std::set<record_name> found;
  std::map<int32_t, int32_t> next_numbers;
  for (const auto& [offset, name] : log.seen) {
    if (offset != due++)
      violated(fmt::format("I4: partition {}: a hole before {}", partition, offset));
    if (!found.insert(name).second) {
      violated(fmt::format("I14: partition {}: {} is there twice", partition, describe(name)));
    }
    if (!idempotent_counts.contains(name.producer)) continue;
    auto& next = next_numbers[name.producer];
    if (name.number != next++) {
      violated(fmt::format("I14: partition {}: {} where number {} was due", partition,
                           describe(name), next - 1));
      next = name.number + 1;
    }
  }
  for (const auto& name : log.acknowledged) {
    if (!found.contains(name)) {
      violated(fmt::format("I1: partition {}: {} was acknowledged and is lost", partition,
                           describe(name)));
    }
  }
  for (const auto& [offset, name] : log.known) {
    if (!log.seen.contains(offset)) {
      violated(fmt::format("I1: partition {}: offset {} with {} is gone", partition, offset,
                           describe(name)));
    }
  }
  for (const auto& [producer, count] : idempotent_counts) {
    if (next_numbers[producer] != count) {
      violated(fmt::format("I14: partition {}: {} of {} records of producer {}", partition,
                           next_numbers[producer], count, producer));
    }
  }
}

}  // namespace ottla::sim
