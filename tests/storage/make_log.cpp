// make_log DIR: writes logs for Apache Kafka's tools to judge (tests/clients/test_log_format.py).
//
//   DIR/orders-0   several segments, every codec, idempotent producers, snapshots
//   DIR/table-0    a compacted log with tombstones, a rewritten and an emptied batch
#include <fmt/core.h>

#include <array>

#include "protocol/record_batch_builder.hpp"
#include "storage/compaction.hpp"
#include "storage/posix_file_system.hpp"

namespace ottla {
namespace {

constexpr timestamp_ms start_time = 1'700'000'000'000;

nullable_bytes text(const std::string& bytes) {
  return as_byte_span(bytes);
}

outcome<std::unique_ptr<partition_log>> make(file_handles& handles, const std::string& directory,
                                             bool compact) {
  log_options options;
  options.segment_bytes = 32 << 10;
  options.index_interval_bytes = 512;
  options.cleanup_compact = compact;
  return partition_log::open(handles, directory, options, {});
}

outcome<void> append(partition_log& log, record_batch_builder& builder, timestamp_ms now) {
  auto batch = builder.build();
  if (!batch) return std::move(batch.error());
  append_terms terms;
  terms.epoch = static_cast<leader_epoch>(log.log_end() / 300);
  terms.now_ms = now;
  auto answer = log.append(*batch, terms);
  if (auto* refused = std::get_if<batch_rejection>(&answer)) {
    return fault{refused->error, refused->message};
  }
  return {};
}

outcome<void> make_orders(file_handles& handles, const std::string& directory) {
  auto log = make(handles, directory, false);
  if (!log) return std::move(log.error());
  std::array<int32_t, 3> sequences{};
  for (int i = 0; i < 600; ++i) {
    record_batch_options options;
    options.compression.codec = static_cast<compression_codec>(i % 5);
    const int count = i % 3 + 1;
    if (i % 2 == 0) {
      auto& sequence = sequences[static_cast<size_t>(i) % sequences.size()];
      options.producer_id = 1000 + i % 3;
      options.producer_epoch = 1;
      options.base_sequence = sequence;
      sequence += count;
    }
    record_batch_builder builder(options);
    for (int n = 0; n < count; ++n) {
      const std::string value = fmt::format("value {} {}", i, std::string(100, 'v'));
      builder.append({start_time + i * 10 - (i % 7) * 25, std::nullopt, text(value), {}});
    }
    OTTLA_TRY(append(**log, builder, start_time + i * 10));
  }
  return (*log)->close_cleanly();
}

outcome<void> make_table(file_handles& handles, const std::string& directory) {
  auto log = make(handles, directory, true);
  if (!log) return std::move(log.error());
  for (int i = 0; i < 1000; ++i) {
    record_batch_options options;
    options.producer_id = i < 500 ? 7 : no_producer_id;
    options.producer_epoch = static_cast<producer_epoch>(i < 500 ? 0 : -1);
    options.base_sequence = i < 500 ? i * 2 : no_sequence;
    record_batch_builder builder(options);
    const std::string key = fmt::format("key {}", i % 37);
    const std::string value = fmt::format("value {} {}", i, std::string(60, 'v'));
    builder.append({start_time + i, text(key), text(value), {}});
    builder.append(
        {start_time + i, text(key + "b"), i % 5 == 0 ? nullable_bytes{} : text(value), {}});
    OTTLA_TRY(append(**log, builder, start_time + i));
  }
  OTTLA_TRY((*log)->flush());
  auto plan = plan_compaction(**log, 0, (*log)->log_end(), start_time);
  if (!plan) return std::move(plan.error());
  compaction_limits limits;
  limits.segment_bytes = 32 << 10;
  limits.index_interval_bytes = 512;
  compaction run(**log, *plan, limits, start_time);
  for (;;) {
    auto progress = run.step();
    if (!progress) return std::move(progress.error());
    if (*progress == compaction::progress::done) break;
    if (*progress == compaction::progress::working) continue;
    auto removal = run.swap(**log);
    if (!removal) return std::move(removal.error());
    OTTLA_TRY(removal->run(handles.disk()));
  }
  return (*log)->close_cleanly();
}

}  // namespace
}  // namespace ottla

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: make_log DIR\n");
    return 2;
  }
  ottla::posix_file_system disk;
  ottla::file_handles handles(disk, 16);
  const std::string root = argv[1];
  for (auto* make : {&ottla::make_orders, &ottla::make_table}) {
    auto done = make(handles, root + (make == &ottla::make_orders ? "/orders-0" : "/table-0"));
    if (done) continue;
    fmt::print(stderr, "make_log: {}\n", done.error().message);
    return 1;
  }
  return 0;
}
