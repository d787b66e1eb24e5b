// A partition log on a disk in memory, and short words for its tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/record_batch_builder.hpp"
#include "storage/partition_log.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_file_system.hpp"

namespace ottla {

inline constexpr timestamp_ms test_now = 1'700'000'000'000;

inline nullable_bytes bytes_of(std::string_view text) {
  return as_byte_span(text);
}

/// One batch whose values are `values`, with keys equal to them.
inline shared_bytes batch_of(const std::vector<std::string>& values, timestamp_ms time = test_now,
                             record_batch_options options = {}) {
  record_batch_builder builder(options);
  for (const auto& value : values) builder.append({time, bytes_of(value), bytes_of(value), {}});
  auto built = builder.build();
  REQUIRE(built);
  return *built;
}

inline shared_bytes produced_by(producer_id id, producer_epoch epoch, int32_t sequence,
                                const std::vector<std::string>& values,
                                timestamp_ms time = test_now) {
  record_batch_options options;
  options.producer_id = id;
  options.producer_epoch = epoch;
  options.base_sequence = sequence;
  return batch_of(values, time, options);
}

/// Visits the batches of a slice, which has to hold whole and undamaged ones only.
template <class Visit>
void for_each_batch(const log_slice& slice, Visit visit) {
  auto bytes = flatten({slice.range});
  REQUIRE(bytes);
  record_batch_walk walk(bytes->view());
  for (;;) {
    auto batch = walk.next();
    REQUIRE(batch);
    if (!*batch) break;
    REQUIRE((*batch)->crc_valid());
    visit(**batch);
  }
  REQUIRE(walk.rest().empty());
}

using log_contents = std::map<log_offset, std::string>;

/// Reads everything from `from` on in slices of at most `max_bytes`.
inline log_contents read_all(partition_log& log, log_offset from, int64_t max_bytes = 1 << 20) {
  log_contents found;
  for (;;) {
    auto slice = log.read(from, {max_bytes, INT64_MAX, true});
    if (!slice) FAIL(slice.error().message);
    if (slice->range.length == 0) return found;
    std::vector<std::byte> scratch;
    for_each_batch(*slice, [&](const record_batch_view& batch) {
      REQUIRE(for_each_record(batch, scratch, [&](const record_view& record) {
        if (record.offset >= from) found[record.offset] = as_text(*record.value);
      }));
    });
    REQUIRE(slice->next_offset > from);
    from = slice->next_offset;
  }
}

struct log_fixture {
  explicit log_fixture(uint64_t seed = 1) : disk(seed) {}

  outcome<void> open(last_shutdown last = last_shutdown::clean, log_offset recovery_point = 0,
                     log_offset log_start = 0) {
    log.reset();
    auto opened = partition_log::open(handles, directory, options,
                                      {last, recovery_point, log_start, now, is_foreign});
    if (!opened) return std::move(opened.error());
    log = std::move(*opened);
    return {};
  }

  void must_open(last_shutdown last = last_shutdown::clean, log_offset recovery_point = 0,
                 log_offset log_start = 0) {
    auto opened = open(last, recovery_point, log_start);
    if (!opened) FAIL(opened.error().message);
  }

  append_answer append(const shared_bytes& batch, leader_epoch epoch = 0) {
    append_terms terms;
    terms.epoch = epoch;
    terms.now_ms = now;
    return log->append(batch, terms);
  }

  appended must_append(const shared_bytes& batch, leader_epoch epoch = 0) {
    auto answer = append(batch, epoch);
    if (auto* refused = std::get_if<batch_rejection>(&answer)) FAIL(refused->message);
    return std::get<appended>(answer);
  }

  appended must_append(const std::vector<std::string>& values, leader_epoch epoch = 0) {
    return must_append(batch_of(values, now), epoch);
  }

  std::string file(log_file_kind kind, log_offset base = 0) const {
    return log_file_path(directory, {kind, base, log_file_suffix::none});
  }

  std::string directory = "data/orders-0";
  memory_file_system disk;
  file_handles handles{disk, 4};
  log_options options;
  timestamp_ms now = test_now;
  bool is_foreign = false;  ///< What was there before `open` is another program's.
  std::unique_ptr<partition_log> log;
};

inline error_code code_of(const append_answer& answer) {
  auto* refused = std::get_if<batch_rejection>(&answer);
  return refused == nullptr ? error_code::none : refused->error;
}

}  // namespace ottla
