// Rules (first two bytes) and any bytes as the records of a produce request. The CRC is put right
// first, as a hostile client would. What is accepted after a full look must be a sound batch.
#include <algorithm>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/record_validation.hpp"

using namespace ottla;

namespace {

constexpr timestamp_ms now = 1'700'000'060'000;
constexpr inflation_limits limits{.max_output_bytes = 1 << 20};

validation_rules rules_from(uint8_t first, uint8_t second) {
  validation_rules rules;
  rules.partition_name = "fuzzed-0";
  rules.max_message_bytes = 1 << 20;
  rules.inflation = limits;
  rules.compacted = (first & 1) != 0;
  rules.level = (first & 2) != 0 ? validation_level::header : validation_level::full;
  if ((first & 4) != 0) rules.time_type = timestamp_type::log_append_time;
  if ((first & 8) != 0) rules.origin = append_origin::coordinator;
  if ((first & 16) != 0) rules.timestamp_before_max_ms = 86'400'000;
  if ((first & 32) != 0) rules.produce_version = 3;
  if ((first & 64) != 0) {
    auto codec = static_cast<compression_codec>(second % 5);
    rules.compression = {false, {.codec = codec}};
  }
  return rules;
}

void check_sound(const validated_batch& taken, const validation_rules& rules) {
  auto batch = record_batch_view::parse(taken.batch.view());
  OTTLA_ASSERT(batch && batch->crc_valid());
  OTTLA_ASSERT(batch->bytes().size() == taken.batch.size());
  OTTLA_ASSERT(batch->header().base_offset == taken.header.base_offset);
  if (rules.level != validation_level::full || rules.origin != append_origin::client) return;
  std::vector<std::byte> scratch;
  log_offset next = 0;
  OTTLA_ASSERT(for_each_record(*batch, scratch, [&](const record_view& record) {
    OTTLA_ASSERT(record.offset == next++);
    OTTLA_ASSERT(!rules.compacted || record.key);
  }));
  OTTLA_ASSERT(next == batch->header().next_offset());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  auto rules = rules_from(data[0], data[1]);
  auto batch = shared_bytes::copy_of(std::as_bytes(std::span{data, size}).subspan(2));
  if (batch.size() >= batch_layout::header_bytes) stamp_crc(batch.writable());
  auto result = validate_batch(batch, rules, now);
  if (auto* taken = std::get_if<validated_batch>(&result)) {
    check_sound(*taken, rules);
  } else {
    OTTLA_ASSERT(std::get<batch_rejection>(result).error != error_code::none);
  }
  return 0;
}
