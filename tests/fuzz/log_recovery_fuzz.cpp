// A log directory of arbitrary bytes: it opens or is refused, and a log that opens can be read to
// its end without a batch of a wrong header, appended to, and opened again with the same end.
//
// Input: kind of crash and recovery point (1 byte each), then files: kind (1 byte), base (1 byte),
// length (2 bytes, big endian), contents.
#include "protocol/assert.hpp"
#include "protocol/endian.hpp"
#include "protocol/record_batch_builder.hpp"
#include "storage/log_files.hpp"
#include "storage/partition_log.hpp"
#include "tests/support/memory_file_system.hpp"

using namespace ottla;

namespace {

const std::string directory = "data/t-0";

void put_files(memory_file_system& disk, std::span<const std::byte> input) {
  while (input.size() >= 4) {
    const auto kind = std::to_integer<int>(input[0]);
    const auto base = std::to_integer<log_offset>(input[1]);
    const size_t length =
        std::min<size_t>(load_big_endian<uint16_t>(input.data() + 2), input.size() - 4);
    const auto contents = as_text(input.subspan(4, length));
    const auto name = log_file_name{static_cast<log_file_kind>(kind % 5), base,
                                    static_cast<log_file_suffix>(kind / 5 % 4)};
    const bool small_file = kind >= 200;
    disk.put(small_file ? join_path(directory, kind % 2 == 0 ? leader_epoch_name : quarantine_name)
                        : log_file_path(directory, name),
             contents);
    input = input.subspan(4 + length);
  }
}

void read_to_end(partition_log& log) {
  int reads = 0;
  for (log_offset at = log.log_start(); at < log.log_end() && ++reads < 500;) {
    auto slice = log.read(at, {4096, INT64_MAX, true});
    if (!slice) {  // a damaged range, or a batch that shows its damage only here
      ++at;
      continue;
    }
    if (slice->range.length == 0) return;
    auto bytes = flatten({slice->range});
    OTTLA_ASSERT(bytes && static_cast<int64_t>(bytes->size()) == slice->range.length);
    OTTLA_ASSERT(slice->next_offset > at);
    at = slice->next_offset;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  memory_file_system disk;
  put_files(disk, {reinterpret_cast<const std::byte*>(data) + 2, size - 2});
  file_handles handles(disk, 4);
  log_options options;
  options.index_interval_bytes = 64;
  options.segment_bytes = 1024;
  recovery_context context;
  context.last = static_cast<last_shutdown>(data[0] % 3);
  context.recovery_point = data[1];
  auto log = partition_log::open(handles, directory, options, context);
  if (!log) return 0;
  OTTLA_ASSERT((*log)->log_start() <= (*log)->log_end());
  OTTLA_ASSERT((*log)->log_end() >= context.recovery_point);
  read_to_end(**log);
  (void)(*log)->offset_for_timestamp(0);
  (void)(*log)->offset_of_max_timestamp();

  record_batch_builder builder;
  builder.append({1'700'000'000'000, std::nullopt, as_byte_span("x"), {}});
  append_terms terms;
  terms.now_ms = 1'700'000'000'000;
  terms.epoch = std::max(0, (*log)->latest_epoch());
  const auto answer = (*log)->append(*builder.build(), terms);
  const log_offset end = (*log)->log_end();
  if (!std::holds_alternative<appended>(answer)) return 0;
  OTTLA_ASSERT(std::get<appended>(answer).base_offset == end - 1);
  log->reset();
  disk.kill_process();
  context.last = last_shutdown::process_crash;
  auto again = partition_log::open(handles, directory, options, context);
  OTTLA_ASSERT(static_cast<bool>(again));
  OTTLA_ASSERT((*again)->log_end() == end);
  return 0;
}
