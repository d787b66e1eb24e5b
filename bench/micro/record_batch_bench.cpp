// What a batch costs on its way into the log: checksum, validation, stamping, compression.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/compression.hpp"
#include "protocol/crc32c.hpp"
#include "protocol/record_batch.hpp"
#include "protocol/record_batch_builder.hpp"
#include "protocol/record_validation.hpp"

using namespace ottla;

namespace {

constexpr timestamp_ms now = 1'700'000'000'000;

// Text that compresses about as well as log lines and JSON do (3 to 5 times).
std::string value_of(size_t bytes, uint32_t& state) {
  static constexpr std::string_view words[] = {
      "\"user\":", "\"amount\":",     "\"currency\":\"EUR\",", "\"status\":",
      "\"ok\",",   "\"created_at\":", "\"region\":",           "\"north\","};
  std::string value;
  while (value.size() < bytes) {
    state = state * 1664525 + 1013904223;
    value += words[state >> 29];
    value += std::to_string((state >> 8) % 100'000);
    value += ',';
  }
  value.resize(bytes);
  return value;
}

shared_bytes batch_of(size_t batch_bytes, size_t value_bytes, compression_codec codec) {
  record_batch_builder builder({.compression = {.codec = codec}});
  uint32_t state = 1;
  while (builder.uncompressed_size_bytes() + value_bytes < batch_bytes) {
    auto value = value_of(value_bytes, state);
    builder.append({.timestamp = now, .key = std::nullopt, .value = as_byte_span(value)});
  }
  return *builder.build();
}

void report(benchmark::State& state, size_t bytes, size_t records) {
  state.SetBytesProcessed(static_cast<int64_t>(bytes) * static_cast<int64_t>(state.iterations()));
  state.SetItemsProcessed(static_cast<int64_t>(records) * static_cast<int64_t>(state.iterations()));
}

void crc(benchmark::State& state) {
  std::vector<std::byte> bytes(static_cast<size_t>(state.range(0)), std::byte{7});
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(bytes));
  report(state, bytes.size(), 1);
}
BENCHMARK(crc)->Arg(64)->Arg(96)->Arg(128)->Arg(192)->Arg(256)->Arg(1024)->Arg(16 << 10)->Arg(
    1 << 20);

// Batch bytes, value bytes, codec, level (0 header, 1 full). Items are records.
void validate(benchmark::State& state) {
  auto codec = static_cast<compression_codec>(state.range(2));
  auto batch =
      batch_of(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)), codec);
  validation_rules rules;
  rules.partition_name = "bench-0";
  rules.max_message_bytes = 16 << 20;
  rules.level = state.range(3) != 0 ? validation_level::full : validation_level::header;
  size_t records = 0;
  for (auto _ : state) {
    auto result = validate_batch(batch, rules, now);
    auto* taken = std::get_if<validated_batch>(&result);
    OTTLA_ASSERT(taken);
    records = static_cast<size_t>(taken->header.record_count);
    stamp(taken->batch.writable(), 0, 7);  // A client's batch begins at 0: the next turn needs it.
  }
  report(state, batch.size(), records);
}
BENCHMARK(validate)
    ->ArgNames({"batch", "value", "codec", "full"})
    ->Args({1 << 20, 1024, 0, 0})
    ->Args({1 << 20, 100, 0, 0})
    ->Args({1 << 20, 10, 0, 0})
    ->Args({16 << 10, 1024, 0, 0})
    ->Args({16 << 10, 100, 0, 0})
    ->Args({200, 100, 0, 0})
    ->Args({500, 300, 0, 0})
    ->Args({1200, 1000, 0, 0})
    ->Args({1 << 20, 100, 1, 0})
    ->Args({1 << 20, 100, 2, 0})
    ->Args({1 << 20, 100, 3, 0})
    ->Args({1 << 20, 100, 4, 0})
    ->Args({1 << 20, 100, 1, 1})
    ->Args({1 << 20, 100, 2, 1})
    ->Args({1 << 20, 100, 3, 1})
    ->Args({1 << 20, 100, 4, 1});

void stamp_offsets(benchmark::State& state) {
  auto batch = batch_of(16 << 10, 100, compression_codec::none);
  log_offset offset = 0;
  for (auto _ : state) {
    stamp(batch.writable(), offset++, 7);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(stamp_offsets);

// LogAppendTime: a new max timestamp and a new CRC over the whole batch.
void stamp_append_time(benchmark::State& state) {
  auto batch = batch_of(static_cast<size_t>(state.range(0)), 100, compression_codec::none);
  timestamp_ms time = now;
  for (auto _ : state) {
    stamp_timestamps(batch.writable(), timestamp_type::log_append_time, ++time);
    benchmark::ClobberMemory();
  }
  report(state, batch.size(), 1);
}
BENCHMARK(stamp_append_time)->Arg(16 << 10)->Arg(1 << 20);

// Codec, batch bytes. Bytes are the uncompressed ones.
void compress_records(benchmark::State& state) {
  auto codec = static_cast<compression_codec>(state.range(0));
  auto plain = batch_of(static_cast<size_t>(state.range(1)), 100, compression_codec::none);
  std::vector<std::byte> packed;
  for (auto _ : state) {
    packed.clear();
    OTTLA_ASSERT(compress({.codec = codec}, plain.view(), packed));
  }
  report(state, plain.size(), 1);
  state.counters["ratio"] = static_cast<double>(plain.size()) / static_cast<double>(packed.size());
}

void decompress_records(benchmark::State& state) {
  auto codec = static_cast<compression_codec>(state.range(0));
  auto plain = batch_of(static_cast<size_t>(state.range(1)), 100, compression_codec::none);
  std::vector<std::byte> packed;
  std::vector<std::byte> again;
  OTTLA_ASSERT(compress({.codec = codec}, plain.view(), packed));
  for (auto _ : state) OTTLA_ASSERT(decompress(codec, packed, {}, again));
  report(state, plain.size(), 1);
}
BENCHMARK(compress_records)
    ->ArgNames({"codec", "batch"})
    ->ArgsProduct({{1, 2, 3, 4}, {16 << 10, 1 << 20}});
BENCHMARK(decompress_records)
    ->ArgNames({"codec", "batch"})
    ->ArgsProduct({{1, 2, 3, 4}, {16 << 10, 1 << 20}});

}  // namespace
