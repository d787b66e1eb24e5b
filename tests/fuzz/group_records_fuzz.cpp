// Any bytes as a key, a value or a batch of `__consumer_offsets`, and as a consumer's subscription.
// What is read comes back the same when written; a group of any stored value is a sound one.
#include <memory>

#include "actors/group/consumer_subscription.hpp"
#include "actors/group/group_log_replay.hpp"
#include "actors/group/group_records.hpp"
#include "actors/group/group_state.hpp"
#include "protocol/assert.hpp"

using namespace ottla;

namespace {

void read_key(std::span<const std::byte> bytes) {
  auto key = decode_group_log_key(bytes);
  if (!key) return;
  const auto* offset = std::get_if<offset_record_key>(&*key);
  if (offset == nullptr) return;
  auto again = decode_group_log_key(offset_tombstone(*offset).key.view());
  OTTLA_ASSERT(again && std::get<offset_record_key>(*again).topic == offset->topic);
}

void read_offset(std::span<const std::byte> bytes) {
  auto value = decode_offset_value(bytes);
  if (!value) return;
  // A value with an expiry has no place for an epoch or a topic id, nor for a long metadata.
  if (value->expires_at != no_timestamp) return;
  auto again = decode_offset_value(offset_record({"g", "t", 0}, *value).value->view());
  OTTLA_ASSERT(again && *again == *value);
}

void read_group(std::span<const std::byte> bytes) {
  auto value = decode_group_value(bytes);
  if (!value) return;
  const auto options = std::make_shared<group_options>();
  group_state state{"g", options, [] { return std::string{"id"}; }, *value, {}};
  state.check_invariants();
  for (int i = 0; i < 8 && state.next_deadline_ms(); ++i) {
    state.tick({*state.next_deadline_ms(), 0});
    state.check_invariants();
  }
}

void read_batches(std::span<const std::byte> bytes) {
  group_log_replay replay;
  record_batch_walk walk{bytes};
  for (auto batch = walk.next(); batch && *batch; batch = walk.next()) {
    if (!replay.apply(**batch)) break;
  }
  for (const auto& [_, group] : replay.take()) {
    OTTLA_ASSERT(group.stored || !group.offsets.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // Exactly sized, so that a read beyond the end is seen.
  std::vector<std::byte> exact(size - 1);
  std::copy_n(reinterpret_cast<const std::byte*>(data) + 1, size - 1, exact.begin());
  switch (data[0] % 5) {
    case 0:
      read_key(exact);
      break;
    case 1:
      read_offset(exact);
      break;
    case 2:
      read_group(exact);
      break;
    case 3:
      (void)subscribed_topics(exact);
      break;
    default:
      read_batches(exact);
  }
  return 0;
}
