// The log on a real file: what an append costs beside pwrite and CRC alone, and an index lookup.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "protocol/crc32c.hpp"
#include "protocol/record_batch_builder.hpp"
#include "storage/partition_log.hpp"
#include "storage/posix_file_system.hpp"

namespace ottla {
namespace {

constexpr timestamp_ms now = 1'700'000'000'000;

shared_bytes batch_of_size(size_t bytes) {
  record_batch_builder builder;
  const std::string value(std::min<size_t>(1000, bytes - 100), 'v');
  do {
    builder.append({now, std::nullopt, as_byte_span(value), {}});
  } while (builder.uncompressed_size_bytes() + 1020 < bytes);
  return std::move(*builder.build());
}

struct bench_log {
  bench_log() {
    std::filesystem::remove_all(directory);
    log_options options;
    options.validation.max_message_bytes = 2 << 20;
    log = std::move(*partition_log::open(handles, directory, options, {}));
  }
  ~bench_log() {
    log.reset();
    std::filesystem::remove_all(directory);
  }

  void append(const shared_bytes& batch) {
    stamp(batch.writable(), 0, no_leader_epoch);  // as it comes from a client
    append_terms terms;
    terms.now_ms = now;
    auto answer = log->append(batch, terms);
    if (auto* refused = std::get_if<batch_rejection>(&answer)) {
      fprintf(stderr, "append: %s\n", refused->message.c_str());
      std::abort();
    }
    if (log->size_bytes() < int64_t{256} << 20) return;
    // Keep the bytes in the page cache and the disk out of it.
    (void)log->truncate_fully_and_start_at(log->log_end(), now)->run(disk);
  }

  posix_file_system disk;
  file_handles handles{disk, 16};
  std::string directory =
      (std::filesystem::temp_directory_path() / "ottla-log-bench/orders-0").string();
  std::unique_ptr<partition_log> log;
};

void append(benchmark::State& state) {
  bench_log bench;
  const auto batch = batch_of_size(static_cast<size_t>(state.range(0)));
  for (auto _ : state) bench.append(batch);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch.size()));
}
BENCHMARK(append)->Arg(1 << 10)->Arg(16 << 10)->Arg(1 << 20);

/// The floor: the same bytes through CRC and pwrite, nothing else.
void append_floor(benchmark::State& state) {
  bench_log bench;
  const auto batch = batch_of_size(static_cast<size_t>(state.range(0)));
  auto target = *bench.disk.open(bench.directory + "/floor", open_mode::create_empty);
  int64_t position = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(crc32c(batch.view()));
    if (!target->write_at(batch.view(), position)) std::abort();
    position += static_cast<int64_t>(batch.size());
    if (position < int64_t{256} << 20) continue;
    if (!target->truncate(0)) std::abort();
    position = 0;
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch.size()));
}
BENCHMARK(append_floor)->Arg(1 << 10)->Arg(16 << 10)->Arg(1 << 20);

void read_one_mib(benchmark::State& state) {
  bench_log bench;
  const auto batch = batch_of_size(16 << 10);
  for (int i = 0; i < 8000; ++i) bench.append(batch);
  const log_offset end = bench.log->log_end();
  log_offset from = 0;
  for (auto _ : state) {
    auto slice = bench.log->read(from, {1 << 20, INT64_MAX, true});
    if (!slice) std::abort();
    benchmark::DoNotOptimize(slice->range.length);
    from = slice->next_offset >= end ? 0 : slice->next_offset;
  }
}
BENCHMARK(read_one_mib);

void offset_lookup(benchmark::State& state) {
  bench_log bench;
  const auto batch = batch_of_size(16 << 10);
  for (int i = 0; i < 8000; ++i) bench.append(batch);
  auto& active = *bench.log->segments().back();
  const log_offset end = bench.log->log_end();
  log_offset at = 0;
  for (auto _ : state) {
    at = (at + 7919) % end;
    benchmark::DoNotOptimize(active.offsets().lookup(at));
  }
}
BENCHMARK(offset_lookup);

}  // namespace
}  // namespace ottla
