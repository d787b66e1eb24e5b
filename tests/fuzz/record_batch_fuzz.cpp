// Any bytes as a run of record batches: walked, inflated within limits and read record by record.
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/record_batch.hpp"
#include "protocol/record_batch_builder.hpp"

using namespace ottla;

namespace {

constexpr inflation_limits limits{.max_output_bytes = 1 << 20};

void read_records(const record_batch_view& batch) {
  std::vector<std::byte> scratch;
  auto records = batch.records(scratch, limits);
  if (!records) return;
  // Exactly sized, so that a read beyond the end is seen.
  std::vector<std::byte> exact(records->begin(), records->end());
  record_reader reader(batch.header(), exact);
  record_view record;
  size_t total = 0;
  while (reader.next(record) == record_reader::step::record) {
    total += record.size_bytes;
    OTTLA_ASSERT(record.headers().size() == static_cast<size_t>(record.header_count));
    (void)read_end_transaction_marker(record);
  }
  OTTLA_ASSERT(total <= exact.size());
}

void check_batch(const record_batch_view& batch) {
  OTTLA_ASSERT(batch.bytes().size() == batch.header().size_bytes());
  read_records(batch);
  (void)batch.header().last_sequence();
  (void)batch.header().next_offset();
  auto empty = build_empty_batch(batch.header());
  OTTLA_ASSERT(record_batch_view::parse(empty.view())->crc_valid());

  std::vector<std::byte> copy(batch.bytes().begin(), batch.bytes().end());
  stamp(copy, 42, 7);
  stamp_crc(copy);
  stamp_timestamps(copy, timestamp_type::log_append_time, 99);
  auto stamped = record_batch_view::parse(copy);
  OTTLA_ASSERT(stamped && stamped->crc_valid());
  OTTLA_ASSERT(stamped->header().base_offset == 42 && stamped->header().epoch == 7);
  OTTLA_ASSERT(stamped->header().max_timestamp == 99);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto bytes = std::as_bytes(std::span{data, size});
  record_batch_walk walk(bytes);
  size_t walked = 0;
  for (;;) {
    auto batch = walk.next();
    if (!batch || !*batch) break;
    walked += (*batch)->bytes().size();
    check_batch(**batch);
  }
  OTTLA_ASSERT(walked + walk.rest().size() == size);
  return 0;
}
